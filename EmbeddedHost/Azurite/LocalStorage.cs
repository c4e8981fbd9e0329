using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Hosting;

namespace GanFunctions.EmbeddedHost.Azurite;

/// <summary>
/// The Azurite that this process has started or joined, if it needs one. It runs before anything reads the connection string, and is
/// released after all other services have stopped.
/// </summary>
internal sealed class LocalStorage : IHostedService, IAsyncDisposable
{
    private IAsyncDisposable? _azurite;

    public void Start(WebApplication app)
    {
        // On the thread pool: this thread may have a synchronisation context, where blocking would deadlock.
        _azurite = Task.Run(() => AzuriteStartup.StartOrJoinAsync(app.Configuration, app.Logger, CancellationToken.None)).GetAwaiter().GetResult();
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StopAsync(CancellationToken cancellationToken) => await DisposeAsync();

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _azurite, null) is { } azurite) await azurite.DisposeAsync();
    }
}
