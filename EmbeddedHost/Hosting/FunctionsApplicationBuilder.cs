using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.Metrics;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace GanFunctions.EmbeddedHost;

/// <summary>Collects what an app consists of, and makes a host of it.</summary>
public sealed class FunctionsApplicationBuilder
{
    private readonly WebApplicationBuilder _builder;
    private Type[] _types;

    internal FunctionsApplicationBuilder(string[] args, Assembly app)
    {
        // Pages and settings lie beside the app's binaries, whatever the working directory.
        _builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
        _types = app.GetTypes();
        _builder.AddEmbeddedHostDefaults();
    }

    public IDictionary<object, object> Properties { get; } = new Dictionary<object, object>();

    public ConfigurationManager Configuration => _builder.Configuration;

    public IHostEnvironment Environment => _builder.Environment;

    public ILoggingBuilder Logging => _builder.Logging;

    public IMetricsBuilder Metrics => _builder.Metrics;

    public IServiceCollection Services => _builder.Services;

    /// <summary>The host, with every function bound. Starts Azurite first when the storage is a local one that does not answer.</summary>
    /// <exception cref="InvalidOperationException">Functions or settings are not valid.</exception>
    public IHost Build()
    {
        var addresses = new ListenAddresses(Configuration);
        var key = new FunctionKey(Configuration[FunctionKey.Setting], addresses);
        var catalog = new FunctionCatalog(_types);
        _builder.ListenOn(addresses);
        _builder.Services.AddDurableEngine(catalog);
        _builder.Services.AddLocalStorage();

        var app = _builder.Build();
        app.UseProblemsForUnknownRoutes();
        app.RefuseCrossSiteCalls(key);
        app.UseRouting();
        app.MapHttpFunctions(catalog, key);
        app.StartLocalStorage();
        app.AnnounceAddresses(key);
        return app;
    }

    internal void UseFunctions(params Type[] types) => _types = types;
}
