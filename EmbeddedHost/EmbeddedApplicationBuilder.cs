using System.Reflection;
using System.Runtime.CompilerServices;
using GanFunctions.EmbeddedHost.Azurite;
using GanFunctions.EmbeddedHost.Discovery;
using GanFunctions.EmbeddedHost.Http;
using GanFunctions.EmbeddedHost.Orchestrations;
using GanFunctions.EmbeddedHost.Queues;
using GanFunctions.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Azure;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.Memory;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.Metrics;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace GanFunctions.EmbeddedHost;

/// <summary>Entry point of an isolated-worker app that runs without the Azure Functions host.</summary>
public static class EmbeddedApplication
{
    /// <summary>Creates a builder that binds the functions of the calling assembly.</summary>
    /// <param name="args">The command line, read as configuration.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static EmbeddedApplicationBuilder CreateBuilder(string[] args) => new(args, Assembly.GetCallingAssembly().GetTypes());
}

/// <summary>
/// Builds a host that runs the functions of an app in this process: HTTP functions on Kestrel, orchestrators and activities on a Durable
/// Task Framework worker over Azure Storage. Starts Azurite where the storage is a local one that does not answer.
/// </summary>
public sealed partial class EmbeddedApplicationBuilder : IHostApplicationBuilder
{
    private readonly WebApplicationBuilder _builder;
    private readonly Type[] _types;

    internal EmbeddedApplicationBuilder(string[] args, Type[] types)
    {
        // Pages and settings lie beside the app's binaries, whatever the working directory.
        _builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
        _types = types;
        AddDefaults();
    }

    /// <inheritdoc/>
    public IDictionary<object, object> Properties { get; } = new Dictionary<object, object>();

    /// <inheritdoc cref="IHostApplicationBuilder.Configuration"/>
    public ConfigurationManager Configuration => _builder.Configuration;

    IConfigurationManager IHostApplicationBuilder.Configuration => _builder.Configuration;

    /// <inheritdoc/>
    public IHostEnvironment Environment => _builder.Environment;

    /// <inheritdoc/>
    public ILoggingBuilder Logging => _builder.Logging;

    /// <inheritdoc/>
    public IMetricsBuilder Metrics => _builder.Metrics;

    /// <inheritdoc/>
    public IServiceCollection Services => _builder.Services;

    /// <inheritdoc/>
    public void ConfigureContainer<TContainerBuilder>(IServiceProviderFactory<TContainerBuilder> factory, Action<TContainerBuilder>? configure = null)
        where TContainerBuilder : notnull => _builder.Host.UseServiceProviderFactory(factory).ConfigureContainer<TContainerBuilder>((_, builder) => configure?.Invoke(builder));

    /// <summary>Builds the host with every function bound, and starts Azurite if it is needed.</summary>
    /// <exception cref="InvalidOperationException">Functions or settings are not valid; the message names each.</exception>
    public IHost Build()
    {
        var addresses = new ListenAddresses(Configuration);
        var key = new FunctionKey(Configuration[FunctionKey.Setting], addresses);
        var catalog = new FunctionCatalog(_types);
        ListenOn(addresses);
        Services.AddAzureClientsCore();
        Services.AddSingleton<StorageConnection>();
        Services.AddTaskHub(catalog, TaskHubSettings.From(Configuration));
        if (catalog.Queues.Count > 0) Services.AddHostedService<QueueListener>();
        Services.AddSingleton<LocalStorage>();
        Services.Insert(0, ServiceDescriptor.Singleton<IHostedService>(provider => provider.GetRequiredService<LocalStorage>())); // the first stops last

        var app = _builder.Build();
        app.UseProblemsForUnknownRoutes();
        app.RefuseCrossSiteCalls(key);
        app.UseRouting();
        app.MapHttpFunctions(catalog, key);
        app.Services.GetRequiredService<LocalStorage>().Start(app);
        app.Lifetime.ApplicationStarted.Register(
            () => LogListening(app.Logger, string.Join(", ", app.Urls), key.IsNeeded ? "functions need the key" : "no key is needed"));
        return app;
    }

    private void AddDefaults()
    {
        var defaults = new Dictionary<string, string?>
        {
            ["Logging:LogLevel:Default"] = "Information",
            ["Logging:LogLevel:Microsoft.AspNetCore"] = "Warning",
            ["Logging:LogLevel:Microsoft.DurableTask"] = "Critical", // failed activities are logged by Activities
            ["Logging:LogLevel:DurableTask"] = "Error",
        };
        if (!StorageConnection.IsConfigured(Configuration)) defaults[StorageConnection.Setting] = "UseDevelopmentStorage=true";
        ((IConfigurationBuilder)Configuration).Sources.Insert(0, new MemoryConfigurationSource { InitialData = defaults }); // any other source wins
        Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromSeconds(25));
    }

    private void ListenOn(ListenAddresses addresses)
    {
        if (!addresses.IsConfigured) _builder.WebHost.UseUrls(ListenAddresses.Default);
        // A page elsewhere whose name resolves to this machine (DNS rebinding) must not reach functions that need no key.
        if (addresses.Beyond is null) Configuration["AllowedHosts"] = "localhost;127.0.0.1;[::1]";
    }

    [LoggerMessage(LogLevel.Information, "Serving functions at {Addresses}; {Key}.")]
    private static partial void LogListening(ILogger logger, string addresses, string key);
}
