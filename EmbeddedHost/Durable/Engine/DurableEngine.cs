using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace GanFunctions.EmbeddedHost;

/// <summary>Waits to own the hub, serves it while it does, and begins again if it loses it. Ends with the host, never before.</summary>
internal sealed class DurableEngine(
    EngineParts parts, HubStorage hub, HubLease lease, IHostApplicationLifetime lifetime, IOptions<HostOptions> options) : BackgroundService
{
    private static readonly TimeSpan ReservedForLastWrites = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan PauseAfterFault = TimeSpan.FromSeconds(2);
    private volatile OwnerSession? _session;

    /// <summary>There is news for an instance. Heard only by the owner; the others rely on the mark in storage.</summary>
    public void Wake(string instanceId) => _session?.Wake(instanceId);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Stopping begins here together with the web server, not after it: a slow response must not eat the activities' time.
        using var stops = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken, lifetime.ApplicationStopping);
        while (!stops.IsCancellationRequested)
        {
            try
            {
                await StorageFaults.WaitOutAsync(hub.CreateAsync, parts.Logger, stops.Token);
                await using var ownership = await lease.AcquireAsync(stops.Token);
                await ServeAsync(ownership, stops.Token);
            }
            catch (OperationCanceledException) when (stops.IsCancellationRequested)
            {
            }
            catch (Exception e)
            {
                parts.Logger.EngineFailed(e, PauseAfterFault);
                await Task.Delay(PauseAfterFault, parts.Time, CancellationToken.None);
            }
        }
    }

    private async Task ServeAsync(Ownership ownership, CancellationToken stopping)
    {
        var patience = options.Value.ShutdownTimeout - ReservedForLastWrites;
        using var session = new OwnerSession(parts, ownership);
        _session = session;
        try
        {
            await session.RunAsync(patience > TimeSpan.Zero ? patience : TimeSpan.Zero, stopping);
        }
        finally
        {
            _session = null;
        }
    }
}
