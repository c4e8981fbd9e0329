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

/// <summary>Entry point of an isolated worker app that runs without the Azure Functions host.</summary>
public static class EmbeddedApplication
{
    /// <summary>Creates a builder for the functions of the calling assembly.</summary>
    /// <param name="args">Command-line arguments, read as configuration.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static EmbeddedApplicationBuilder CreateBuilder(string[] args) => new(args, Assembly.GetCallingAssembly().GetTypes());

    /// <summary>
    /// Builds an app and runs it until it stops. A startup error that the user can fix, such as a port that is in use, is written to standard error
    /// as one sentence.
    /// </summary>
    /// <param name="build">Builds the app.</param>
    /// <returns>The exit code: 1 after such an error, else <see cref="Environment.ExitCode"/>.</returns>
    public static int Run(Func<IHost> build)
    {
        ArgumentNullException.ThrowIfNull(build);
        StorageConnection? storage = null;
        IHostApplicationLifetime? lifetime = null;
        try
        {
            var app = build();
            storage = app.Services.GetRequiredService<StorageConnection>();
            lifetime = app.Services.GetRequiredService<IHostApplicationLifetime>();
            app.Run();
            return Environment.ExitCode;
        }
        catch (OperationCanceledException) when (!HasStarted() && lifetime?.ApplicationStopping.IsCancellationRequested == true)
        {
            return Environment.ExitCode; // the user stopped it during the start
        }
        catch (Exception e) when (!HasStarted() && StartupErrors.Explain(e, storage) is not null)
        {
            Console.Error.WriteLine(StartupErrors.Explain(e, storage));
            return 1;
        }

        bool HasStarted() => lifetime?.ApplicationStarted.IsCancellationRequested == true;
    }
}

/// <summary>
/// Builds a host that runs the functions of an app in this process: HTTP functions on Kestrel, queue functions on Azure Storage queues,
/// orchestrators and activities on the Durable Task Framework with Azure Storage. Starts Azurite if the app uses development storage and no
/// Azurite is running.
/// </summary>
public sealed partial class EmbeddedApplicationBuilder : IHostApplicationBuilder
{
    private readonly WebApplicationBuilder _builder;
    private readonly Type[] _types;
    private bool _isStarted;
    private IHostApplicationLifetime? _lifetime;

    internal EmbeddedApplicationBuilder(string[] args, Type[] types)
    {
        // Static files and settings are next to the app's binaries, whatever the working directory.
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
        where TContainerBuilder : notnull =>
        _builder.Host.UseServiceProviderFactory(factory).ConfigureContainer<TContainerBuilder>((_, builder) => configure?.Invoke(builder));

    /// <summary>Builds the host, binds all functions, and starts Azurite if it is needed.</summary>
    /// <exception cref="InvalidOperationException">Functions or settings are not valid; the message names them.</exception>
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
        // First, so that it stops last.
        Services.Insert(0, ServiceDescriptor.Singleton<IHostedService>(provider => provider.GetRequiredService<LocalStorage>()));

        var app = _builder.Build();
        app.UseProblemsForUnknownRoutes();
        app.UseCrossSiteProtection(key);
        app.UseRouting();
        app.MapHttpFunctions(catalog, key);
        app.Services.GetRequiredService<LocalStorage>().Start(app);
        _lifetime = app.Lifetime;
        app.Lifetime.ApplicationStarted.Register(() =>
        {
            _isStarted = true;
            LogListening(app.Logger, string.Join(", ", app.Urls), key.IsRequired ? "a key is required" : "no key is required");
        });
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
        // First, so that every other source overrides them.
        ((IConfigurationBuilder)Configuration).Sources.Insert(0, new MemoryConfigurationSource { InitialData = defaults });
        // A startup error reaches the caller as an exception; these two categories would also log it, with its stack trace.
        foreach (var category in (string[])["Microsoft.Extensions.Hosting.Internal.Host", "Microsoft.AspNetCore.Server.Kestrel"])
            Logging.AddFilter(category, level => level >= LogLevel.Warning && _isStarted);
        // It would log activities that the shutdown interrupts as errors, with stack traces; Activities already logs what happens to them.
        Logging.AddFilter("DurableTask.Core", level => level >= LogLevel.Error && _lifetime?.ApplicationStopping.IsCancellationRequested != true);
        Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromSeconds(25));
    }

    private void ListenOn(ListenAddresses addresses)
    {
        if (!addresses.IsConfigured) _builder.WebHost.UseUrls(ListenAddresses.Default);
        // Prevents DNS rebinding: a website whose name resolves to this machine must not reach functions that need no key.
        if (addresses.NonLoopback is null) Configuration["AllowedHosts"] = "localhost;127.0.0.1;[::1]";
    }

    [LoggerMessage(LogLevel.Information, "Serving functions at {Addresses}; {Key}")]
    private static partial void LogListening(ILogger logger, string addresses, string key);
}
