using GanFunctions.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Azure;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.Memory;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace GanFunctions.EmbeddedHost;

/// <summary>How the host is put together.</summary>
internal static partial class EmbeddedHosting
{
    public static void AddEmbeddedHostDefaults(this WebApplicationBuilder builder)
    {
        // The least of all sources: whatever else says anything wins.
        var defaults = new Dictionary<string, string?>
        {
            ["Logging:LogLevel:Default"] = "Information",
            ["Logging:LogLevel:Microsoft.AspNetCore"] = "Warning",
        };
        if (!StorageConnection.IsConfigured(builder.Configuration))
        {
            defaults[StorageConnection.Setting] = "UseDevelopmentStorage=true";
        }
        ((IConfigurationBuilder)builder.Configuration).Sources.Insert(
            0, new MemoryConfigurationSource { InitialData = defaults });
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromSeconds(25));
    }

    public static void ListenOn(this WebApplicationBuilder builder, ListenAddresses addresses)
    {
        if (!addresses.IsConfigured)
        {
            builder.WebHost.UseUrls(ListenAddresses.Default);
        }

        if (addresses.Beyond is null)
        {
            // A page elsewhere whose name resolves to this machine (DNS rebinding) must not reach functions that need no key.
            builder.Configuration["AllowedHosts"] = "localhost;127.0.0.1;[::1]";
        }
    }

    public static void AddDurableEngine(this IServiceCollection services, FunctionCatalog catalog)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(catalog);
        services.AddSingleton(provider => DurableSettings.From(provider.GetRequiredService<IConfiguration>()));
        services.AddAzureClientsCore();
        services.AddSingleton<StorageConnection>().AddSingleton<HubStorage>().AddSingleton<Payloads>();
        services.AddSingleton<InstanceTable>().AddSingleton<HistoryTable>().AddSingleton<Inbox>().AddSingleton<WakeMarks>();
        services.AddSingleton<TurnWriter>().AddSingleton<InstanceQueries>().AddSingleton<HubLease>();
        services.AddSingleton<OrchestratorCaller>().AddSingleton<ActivityCaller>().AddSingleton<EngineParts>();
        services.AddSingleton<DurableEngine>().AddHostedService(provider => provider.GetRequiredService<DurableEngine>());
        // A binding is the only way to it on the Azure Functions host; GetService gives null there.
        services.AddSingleton<DurableTaskClient, EmbeddedDurableClient>();
    }

    public static void AnnounceAddresses(this WebApplication app, FunctionKey key) => app.Lifetime.ApplicationStarted.Register(() =>
        app.Logger.Listening(string.Join(", ", app.Urls), key.IsNeeded ? "functions need the key" : "no key is needed"));

    [LoggerMessage(LogLevel.Information, "Serving functions at {Addresses}; {Key}.")]
    private static partial void Listening(this ILogger logger, string addresses, string key);
}
