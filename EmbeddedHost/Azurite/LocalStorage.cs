using GanFunctions.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Hosting;

namespace GanFunctions.EmbeddedHost.Azurite;

/// <summary>The Azurite that this process started or joined, if it had to: running before anything reads the connection string, released after all else.</summary>
internal sealed class LocalStorage : IHostedService, IAsyncDisposable
{
    private IAsyncDisposable? _azurite;

    public void Start(WebApplication app)
    {
        // Not on this thread: it may have a synchronisation context that the launcher would wait for.
        _azurite = Task.Run(() => AzuriteChoice.StartOrJoinAsync(app.Configuration, app.Logger, CancellationToken.None)).GetAwaiter().GetResult();
        if (_azurite is AzuriteProcess started) app.Configuration[StorageConnection.Setting] = started.ConnectionString;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StopAsync(CancellationToken cancellationToken) => await DisposeAsync();

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _azurite, null) is { } azurite) await azurite.DisposeAsync();
    }
}
