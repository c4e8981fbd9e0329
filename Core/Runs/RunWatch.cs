using System.Collections.Concurrent;
using Azure;
using GanFunctions.Core.Losses;
using Microsoft.Extensions.Logging;

namespace GanFunctions.Core.Runs;

/// <summary>
/// Stands between a training thread and the storage while a slice runs: reads what the user wants every second and writes progress and
/// losses, so that the thread itself only calculates. A storage that does not answer for a while costs news, not training.
/// </summary>
internal sealed partial class RunWatch : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly SliceRequest _request;
    private readonly RunStore _runs;
    private readonly LossLog _losses;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentQueue<LossRow> _pending = new();
    private readonly PeriodicTimer _timer;
    private readonly Task _loop;
    private volatile TrainingProgress? _progress;
    private volatile bool _interrupted;
    private volatile bool _superseded;

    public RunWatch(SliceRequest request, RunStore runs, LossLog losses, TimeProvider time, ILogger logger)
    {
        (_request, _runs, _losses, _logger) = (request, runs, losses, logger);
        _timer = new PeriodicTimer(Interval, time);
        _loop = LoopAsync();
    }

    /// <summary>Whether the slice should commit where it stands and return: the user wants something else, or the run is not its own.</summary>
    public bool Interrupted => _interrupted;

    /// <summary>Whether the run was deleted or given to another orchestration: what was trained here is nobody's.</summary>
    public bool Superseded => _superseded;

    /// <summary>Where the training is; published within seconds.</summary>
    public void Report(TrainingProgress now) => _progress = now;

    /// <summary>A row for the loss log; written within seconds.</summary>
    public void Log(LossRow row) => _pending.Enqueue(row);

    /// <summary>
    /// Ends the watch and writes what is still to be written. What cannot be written is lost, and said: the training it tells of is worth
    /// more and is still to be committed.
    /// </summary>
    public async Task CompleteAsync(CancellationToken cancellation)
    {
        await StopAsync(); // first: a flush under way may give its rows back
        if (_superseded) return;
        try
        {
            await FlushAsync(cancellation);
        }
        catch (Exception problem) when (problem is RequestFailedException or AggregateException)
        {
            LogLossesLost(_request.Run, _pending.Count, problem.Message);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _timer.Dispose();
        _stop.Dispose();
    }

    private async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _loop;
    }

    private async Task FlushAsync(CancellationToken cancellation)
    {
        if (Interlocked.Exchange(ref _progress, null) is { } news) await _runs.MergeProgressAsync(_request.Run, news, cancellation);
        var rows = new List<LossRow>();
        while (_pending.TryDequeue(out var row)) rows.Add(row);
        try
        {
            await _losses.WriteAsync(rows, cancellation);
        }
        catch
        {
            rows.ForEach(_pending.Enqueue);
            throw;
        }
    }

    private async Task LoopAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await _timer.WaitForNextTickAsync(_stop.Token);
                var row = await _runs.FindAsync(_request.Run, _stop.Token);
                _superseded |= row?.IsOpenTo(_request.InstanceId) != true;
                _interrupted |= _superseded || row!.Desired != Desired.Run;
                if (!_superseded) await FlushAsync(_stop.Token);
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception problem)
            {
                LogStorageSilent(_request.Run, problem.Message);
            }
        }
    }

    [LoggerMessage(LogLevel.Error, "Run {Run}: {Count} rows of its losses could not be written and are lost: {Problem}")]
    private partial void LogLossesLost(string run, int count, string problem);

    [LoggerMessage(LogLevel.Warning, "Run {Run}: the storage does not answer, training goes on: {Problem}")]
    private partial void LogStorageSilent(string run, string problem);
}
