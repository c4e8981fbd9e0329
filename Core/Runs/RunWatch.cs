using GanFunctions.Core.Storage;
using Microsoft.Extensions.Logging;

namespace GanFunctions.Core.Runs;

/// <summary>
/// Watches a run while a worker loads or trains it: checks every second whether the work should continue, and publishes its progress. The
/// work continues while storage is unavailable.
/// </summary>
internal sealed partial class RunWatch : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly RunStore _runs;
    private readonly string _run;
    private readonly string _instanceId;
    private readonly Func<CancellationToken, Task>? _publish;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _interrupted = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly PeriodicTimer _timer;
    private readonly Task _loop;
    private volatile bool _superseded;

    /// <param name="runs">Reads the run's row.</param>
    /// <param name="run">The run's id.</param>
    /// <param name="instanceId">The orchestration that the run must belong to.</param>
    /// <param name="time">Times the interval.</param>
    /// <param name="logger">Logs failed checks.</param>
    /// <param name="publish">Publishes the progress; called every second while the run belongs to the orchestration.</param>
    public RunWatch(RunStore runs, string run, string instanceId, TimeProvider time, ILogger logger, Func<CancellationToken, Task>? publish = null)
    {
        (_runs, _run, _instanceId, _publish, _logger) = (runs, run, instanceId, publish, logger);
        _timer = new PeriodicTimer(Interval, time);
        _loop = LoopAsync();
    }

    /// <summary>Whether the work should stop: the user asked for it, or the run is <see cref="IsSuperseded"/>.</summary>
    public bool IsInterrupted => _interrupted.IsCancellationRequested;

    /// <summary>
    /// Whether the run was deleted or now belongs to another orchestration, so that the work of this one must be discarded.
    /// </summary>
    public bool IsSuperseded => _superseded;

    /// <summary>Checks now, rather than within a second, whether the run is <see cref="IsSuperseded"/>.</summary>
    public async Task<bool> CheckSupersededAsync()
    {
        try
        {
            await CheckAsync(CancellationToken.None);
        }
        catch (Exception problem) when (problem.IsOfStorage())
        {
            LogCheckFailed(_run, problem.Message);
        }
        return _superseded;
    }

    /// <summary>Runs work that is cancelled when the watch is interrupted.</summary>
    /// <returns>The result; null if the watch was interrupted.</returns>
    public async Task<T?> RunAsync<T>(Func<CancellationToken, Task<T>> work, CancellationToken cancellation) where T : class
    {
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _interrupted.Token);
        try
        {
            return await work(linked.Token);
        }
        catch (OperationCanceledException) when (IsInterrupted && !cancellation.IsCancellationRequested)
        {
            return null;
        }
    }

    /// <summary>Stops the watch. Does not publish the remaining progress.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _loop;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _timer.Dispose();
        _stop.Dispose();
        _interrupted.Dispose();
    }

    private async Task LoopAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await _timer.WaitForNextTickAsync(_stop.Token);
                await CheckAsync(_stop.Token);
                if (!_superseded && _publish is not null) await _publish(_stop.Token);
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception problem) // no failure here may lose what was trained
            {
                LogCheckFailed(_run, problem.Message);
            }
        }
    }

    private async Task CheckAsync(CancellationToken cancellation)
    {
        var row = await _runs.FindAsync(_run, cancellation);
        _superseded |= row?.IsOpenTo(_instanceId) != true;
        if (_superseded || row!.Desired != Desired.Run) await _interrupted.CancelAsync();
    }

    [LoggerMessage(LogLevel.Warning, "Run {Run}: could not read the run's row or publish its progress; the work continues. {Problem}")]
    private partial void LogCheckFailed(string run, string problem);
}
