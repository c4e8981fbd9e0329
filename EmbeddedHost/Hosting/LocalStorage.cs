using GanFunctions.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace GanFunctions.EmbeddedHost;

/// <summary>The Azurite this app has started, if it had to: there before anything asks for the connection string, gone after all else.</summary>
internal sealed class LocalStorage : IHostedService, IAsyncDisposable
{
    private AzuriteProcess? _azurite;

    public void Start(WebApplication app)
    {
        // Not on this thread: it may have a synchronisation context that the launcher would wait for.
        _azurite = Task.Run(() => AzuriteProcess.StartIfNeededAsync(app.Configuration, app.Logger, CancellationToken.None)).GetAwaiter().GetResult();
        if (_azurite is not null)
        {
            app.Configuration[StorageConnection.Setting] = _azurite.ConnectionString;
        }
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StopAsync(CancellationToken cancellationToken) => await DisposeAsync();

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _azurite, null) is { } azurite)
        {
            await azurite.DisposeAsync();
        }
    }
}

internal static class LocalStorageHosting
{
    public static void AddLocalStorage(this IServiceCollection services)
    {
        services.AddSingleton<LocalStorage>();
        // Hosted services stop in reverse order: the first is the last.
        services.Insert(0, ServiceDescriptor.Singleton<IHostedService>(provider => provider.GetRequiredService<LocalStorage>()));
    }

    public static void StartLocalStorage(this WebApplication app) => app.Services.GetRequiredService<LocalStorage>().Start(app);
}
