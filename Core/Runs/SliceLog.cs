using System.Collections.Concurrent;
using Azure;
using GanFunctions.Core.Losses;
using GanFunctions.Core.Storage;
using GanFunctions.Core.Training;
using Microsoft.Extensions.Logging;

namespace GanFunctions.Core.Runs;

/// <summary>The progress of a run, as published every second.</summary>
/// <param name="Attempt">Rollbacks so far.</param>
/// <param name="Epoch">The current epoch, from 1.</param>
/// <param name="Step">Completed steps of that epoch.</param>
/// <param name="StepsPerEpoch">Steps in an epoch.</param>
/// <param name="ImagesPerSecond">Training speed in this slice so far; NaN before the first step.</param>
/// <param name="Losses">Losses of the last step.</param>
public sealed record TrainingProgress(
    int Attempt, int Epoch, int Step, int StepsPerEpoch, double ImagesPerSecond, StepLosses Losses);

/// <summary>
/// Collects progress and losses from the training thread, which must not wait for storage. <see cref="FlushAsync"/> writes them.
/// </summary>
internal sealed partial class SliceLog(string run, RunStore runs, LossLog losses, ILogger logger)
{
    private readonly ConcurrentQueue<LossRow> _pending = new();
    private volatile TrainingProgress? _progress;

    /// <summary>Sets the progress to publish next.</summary>
    public void Report(TrainingProgress progress) => _progress = progress;

    /// <summary>Adds a row to the loss log.</summary>
    public void Add(LossRow row) => _pending.Enqueue(row);

    /// <summary>Writes what was collected. If that fails, the loss rows are kept for the next call.</summary>
    public async Task FlushAsync(CancellationToken cancellation)
    {
        await WriteLossesAsync(cancellation);
        await PublishProgressAsync(cancellation);
    }

    /// <summary>
    /// Writes what was collected, for the last time. If losses cannot be written, nothing may be committed: the steps must be trained again, because
    /// nothing else gives their losses.
    /// </summary>
    /// <exception cref="RequestFailedException">Losses cannot be written.</exception>
    /// <exception cref="AggregateException">Losses cannot be written, after several attempts.</exception>
    public async Task CompleteAsync()
    {
        await WriteLossesAsync(CancellationToken.None);
        try
        {
            await PublishProgressAsync(CancellationToken.None);
        }
        catch (Exception problem) when (problem.IsOfStorage())
        {
            LogNotPublished(run, problem.Message);
        }
    }

    private async Task WriteLossesAsync(CancellationToken cancellation)
    {
        var rows = new List<LossRow>();
        while (_pending.TryDequeue(out var row)) rows.Add(row);
        try
        {
            await losses.WriteAsync(rows, cancellation);
        }
        catch
        {
            rows.ForEach(_pending.Enqueue);
            throw;
        }
    }

    private async Task PublishProgressAsync(CancellationToken cancellation)
    {
        if (Interlocked.Exchange(ref _progress, null) is { } progress) await runs.MergeProgressAsync(run, progress, cancellation);
    }

    [LoggerMessage(LogLevel.Warning, "Run {Run}: could not publish the progress. {Problem}")]
    private partial void LogNotPublished(string run, string problem);
}
