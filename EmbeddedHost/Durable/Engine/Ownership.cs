using Azure;
using Azure.Storage.Blobs.Specialized;
using Microsoft.Extensions.Logging;

namespace GanFunctions.EmbeddedHost;

/// <summary>
/// The lease, while it is held. It is renewed on a thread of its own: work that keeps every pool thread busy must not cost it.
/// </summary>
internal sealed class Ownership : IAsyncDisposable
{
    private static readonly TimeSpan RenewEvery = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(1);
    private readonly BlobLeaseClient _lease;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _lost = new();
    private readonly ManualResetEventSlim _ended = new();
    private readonly Thread _renewal;
    private long _renewedAt;

    public Ownership(BlobLeaseClient lease, long epoch, DateTimeOffset acquiredAt, TimeProvider time, ILogger logger)
    {
        (_lease, Epoch, _renewedAt, _time, _logger) = (lease, epoch, acquiredAt.UtcTicks, time, logger);
        _renewal = new Thread(Renew) { IsBackground = true, Name = "Hub lease" };
        _renewal.Start();
    }

    /// <summary>Higher than that of every earlier owner.</summary>
    public long Epoch { get; }

    /// <summary>Cancelled when another process owns the hub.</summary>
    public CancellationToken Lost => _lost.Token;

    /// <summary>By the clock on the wall, which goes on while a laptop sleeps.</summary>
    private bool IsFresh =>
        _time.GetUtcNow().UtcTicks - Interlocked.Read(ref _renewedAt) < (HubLease.Duration - Margin).Ticks;

    /// <summary>Waits while the lease may have run out: nothing is written on a right that is in doubt.</summary>
    public async Task WaitUntilSureAsync(CancellationToken cancellation)
    {
        while (!IsFresh)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(200), _time, cancellation);
        }
    }

    public void ReportLost(string reason)
    {
        if (!_lost.IsCancellationRequested)
        {
            _logger.HubLost(reason);
            _lost.Cancel();
        }
    }

    /// <summary>Stops renewing, and gives the lease back so that the next owner need not wait.</summary>
    public async ValueTask DisposeAsync()
    {
        _ended.Set();
        try
        {
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(2));
            await _lease.ReleaseAsync(cancellationToken: patience.Token);
        }
        catch (Exception e) when (e is RequestFailedException or OperationCanceledException or AggregateException)
        {
            _logger.LeaseNotReleased(e.Message);
        }
    }

    private void Renew()
    {
        while (!_ended.Wait(RenewEvery))
        {
            try
            {
                var sentAt = _time.GetUtcNow().UtcTicks;
                _lease.Renew();
                Interlocked.Exchange(ref _renewedAt, sentAt);
            }
            catch (RequestFailedException e) when (e.Status is 404 or 409 or 412)
            {
                if (!_ended.IsSet)
                {
                    ReportLost($"the lease could not be renewed ({e.ErrorCode})");
                }

                return;
            }
            catch (Exception e) when (StorageFaults.IsPassing(e))
            {
                // Nobody can have taken a lease from a storage that is away; if it was away for us alone, the next renewal tells.
                _logger.StorageIsAway(e.Message, RenewEvery);
            }
            catch (Exception e)
            {
                // A raw thread's exception would end the process. Nothing is written meanwhile: the lease is not fresh.
                _logger.EngineFailed(e, RenewEvery);
            }
        }
    }
}
