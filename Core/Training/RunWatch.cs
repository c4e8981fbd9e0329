using System.Collections.Concurrent;
using GanFunctions.Core.Losses;
using GanFunctions.Core.Runs;
using Microsoft.Extensions.Logging;

namespace GanFunctions.Core.Training;

/// <summary>
/// Stands between a training thread and the storage while a slice runs: reads what the user wants every second and writes progress and
/// losses, so that the thread itself only calculates. A storage that does not answer for a while costs news, not training.
/// </summary>
internal sealed partial class RunWatch : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly SliceRequest request;
    private readonly RunStore runs;
    private readonly LossLog losses;
    private readonly ILogger logger;
    private readonly CancellationTokenSource stop = new();
    private readonly ConcurrentQueue<LossRow> pending = new();
    private readonly PeriodicTimer timer;
    private readonly Task loop;
    private volatile TrainingProgress? progress;
    private volatile bool interrupted;

    public RunWatch(SliceRequest request, RunStore runs, LossLog losses, TimeProvider time, ILogger logger)
    {
        (this.request, this.runs, this.losses, this.logger) = (request, runs, losses, logger);
        timer = new PeriodicTimer(Interval, time);
        loop = LoopAsync();
    }

    /// <summary>Whether the slice should commit where it stands and return: the user wants something else, or the run is not its own.</summary>
    public bool Interrupted => interrupted;

    /// <summary>Where the training is; published within seconds.</summary>
    public void Report(TrainingProgress now) => progress = now;

    /// <summary>A row for the loss log; written within seconds.</summary>
    public void Log(LossRow row) => pending.Enqueue(row);

    /// <summary>Writes what is still to be written, and says when it cannot.</summary>
    public async Task FlushAsync(CancellationToken cancellation)
    {
        if (Interlocked.Exchange(ref progress, null) is { } news) await runs.MergeProgressAsync(request.Run, news, cancellation);
        var rows = new List<LossRow>();
        while (pending.TryDequeue(out var row)) rows.Add(row);
        try
        {
            await losses.WriteAsync(rows, cancellation);
        }
        catch
        {
            rows.ForEach(pending.Enqueue);
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await loop;
        timer.Dispose();
        stop.Dispose();
    }

    private async Task LoopAsync()
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await timer.WaitForNextTickAsync(stop.Token);
                var row = await runs.FindAsync(request.Run, stop.Token);
                if (row is null || row.InstanceId != request.InstanceId || row.Desired != Desired.Run) interrupted = true;
                await FlushAsync(stop.Token);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception problem)
            {
                LogStorageSilent(request.Run, problem.Message);
            }
        }
    }

    [LoggerMessage(LogLevel.Warning, "Run {Run}: the storage does not answer, training goes on: {Problem}")]
    private partial void LogStorageSilent(string run, string problem);
}
