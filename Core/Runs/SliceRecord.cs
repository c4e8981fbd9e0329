using Azure;
using GanFunctions.Core.Checkpoints;
using GanFunctions.Core.Pictures;
using GanFunctions.Core.Storage;
using Microsoft.Extensions.Logging;

namespace GanFunctions.Core.Runs;

/// <summary>Records in the row of a run that a slice has started, where it committed, and how it ended.</summary>
internal sealed partial class SliceRecord(RunStore runs, SliceRequest request, SliceBill bill, RunLimits limits, ILogger logger)
{
    private const int MaxFailures = 5; // in a row; one more fails the run

    /// <summary>Id of the orchestration that waits for the run, when the row was last read.</summary>
    public string? Waiter { get; private set; }

    /// <summary>Marks the run as being prepared or trained.</summary>
    /// <returns>
    /// The row; null if the run does not belong to this orchestration. If the user wants it to stop (<see cref="RunRow.Desired"/>), the row
    /// is unchanged.
    /// </returns>
    public async Task<RunRow?> TryBeginAsync(CancellationToken cancellation)
    {
        var begun = await runs.UpdateAsync(request.Run, row =>
        {
            if (!row.IsOpenTo(request.InstanceId) || row.Desired != Desired.Run) return false;
            row.Phase = row.Checkpoint is null ? Phase.Preparing : Phase.Training;
            return true;
        }, cancellation);
        Waiter = begun?.Row.Waiter;
        return begun is { Row: var row } && row.IsOpenTo(request.InstanceId) ? row : null;
    }

    /// <summary>Marks the run as being trained, once its data set is loaded.</summary>
    /// <param name="stepsPerEpoch">Steps in an epoch.</param>
    /// <param name="classes">The classes to record for a conditional run; else null.</param>
    /// <param name="cancellation">Cancels the update.</param>
    public Task SetTrainingAsync(int stepsPerEpoch, ClassLabels? classes, CancellationToken cancellation) => runs.UpdateAsync(request.Run, row =>
    {
        if (!row.IsOpenTo(request.InstanceId)) return false;
        (row.Phase, row.StepsPerEpoch) = (Phase.Training, stepsPerEpoch);
        if (classes is not null) row.SetClasses(classes);
        return true;
    }, cancellation);

    /// <summary>Records the run's position, and ends the run if the user asked for that or no epochs remain.</summary>
    /// <param name="last">The latest checkpoint; null before the first.</param>
    public async Task<SliceResult> EndAsync(Manifest? last)
    {
        var (attempt, completed) = (Math.Max(request.Attempt, last?.Attempt ?? 0), last?.CompletedEpochs ?? 0);
        var othersWait = await runs.AnyQueuedAsync(CancellationToken.None);
        var (outcome, early) = (SliceOutcome.Superseded, (string?)null);
        var ended = await runs.UpdateAsync(request.Run, row =>
        {
            if (!TrySetPosition(row, last)) return false;
            bill.AddTo(row);
            early = completed < row.TargetEpochs ? EarlyStopping.ReasonToStop(row, last) ?? limits.ReasonToStop(row) : null;
            outcome = OutcomeOf(row, completed, stopsEarly: early is not null);
            (row.Phase, row.StoppedEarly) = outcome switch
            {
                SliceOutcome.Cancelled => (Phase.Cancelled, null),
                SliceOutcome.Completed => (Phase.Completed, early),
                SliceOutcome.Paused => (Phase.Paused, null),
                _ => (othersWait ? Phase.Queued : Phase.Waiting, (string?)null),
            };
            return true;
        }, CancellationToken.None);
        if (ended is { Changed: true }) bill.MarkRecorded();
        Waiter = ended?.Row.Waiter;
        return ended is { Changed: true }
            ? new(outcome, attempt, completed, outcome == SliceOutcome.Completed ? early : null)
            : new(SliceOutcome.Superseded, attempt, completed);
    }

    /// <summary>Records that one of several workers has ended its part of a round.</summary>
    public async Task<SliceResult> EndShardAsync()
    {
        var ended = await TryUpdateAsync(_ => true);
        return new(ended is null ? SliceOutcome.Superseded : SliceOutcome.Continue, request.Attempt, ended?.CompletedEpochs ?? 0);
    }

    /// <summary>Ends the run as failed.</summary>
    /// <param name="outcome">Why.</param>
    /// <param name="attempt">Rollbacks so far.</param>
    /// <param name="completed">Committed epochs.</param>
    /// <param name="reason">Why, for the user.</param>
    /// <param name="last">The latest checkpoint, if the slice got as far as loading it.</param>
    public async Task<SliceResult> FailAsync(SliceOutcome outcome, int attempt, int completed, string reason, Manifest? last = null)
    {
        var failed = await runs.UpdateAsync(request.Run, row =>
        {
            if (last is not null) TrySetPosition(row, last);
            if (!row.TryFail(request.InstanceId, reason)) return false;
            bill.AddTo(row); // for the last time: the run is at rest now
            return true;
        }, CancellationToken.None);
        Waiter = failed?.Row.Waiter;
        return failed is { Changed: true } ? new(outcome, attempt, completed, reason) : new(SliceOutcome.Superseded, attempt, completed);
    }

    /// <summary>Counts a failed slice. Shutdowns and kills do not count, and nothing is recorded while storage is unavailable.</summary>
    /// <returns>True if the run has now failed, because too many of its slices failed in a row.</returns>
    public async Task<bool> CountFailureAsync(Exception failure)
    {
        var counted = await TryUpdateAsync(row =>
        {
            if (++row.Failures > MaxFailures) return row.TryFail(request.InstanceId, failure.Message);
            row.Phase = Phase.Waiting;
            return true;
        });
        LogFailed(failure, request.Run, counted?.Failures ?? 0, MaxFailures + 1);
        return counted?.Phase == Phase.Failed;
    }

    /// <summary>Returns a run to the queue after this worker began to load it but will not train it.</summary>
    /// <returns>False if the run was deleted, or storage is unavailable.</returns>
    public async Task<bool> TryReturnToQueueAsync() => await TryUpdateAsync(row =>
    {
        row.Phase = Phase.Queued;
        return true;
    }) is not null;

    private async Task<RunRow?> TryUpdateAsync(Func<RunRow, bool> change)
    {
        try
        {
            var updated = await runs.UpdateAsync(request.Run, row =>
            {
                if (!row.IsOpenTo(request.InstanceId)) return false;
                bill.AddTo(row);
                return change(row);
            }, CancellationToken.None);
            if (updated is { Changed: true }) bill.MarkRecorded();
            return updated?.Row;
        }
        catch (Exception problem) when (problem.IsOfStorage())
        {
            LogNotRecorded(request.Run, problem.Message);
            return null;
        }
    }

    private bool TrySetPosition(RunRow row, Manifest? last)
    {
        if (!row.IsOpenTo(request.InstanceId)) return false;
        (row.Checkpoint, row.Failures) = (last?.Name, 0);
        (row.Attempt, row.Epoch, row.Step) = (last?.Attempt ?? request.Attempt, last?.Epoch ?? 0, last?.Step ?? 0);
        if (last?.Quality is { } quality) row.SetQuality(last.Epoch, quality);
        (row.BestEpoch, row.BestDistance) = (last?.Best?.Epoch, last?.Best?.FrechetDistance);
        return true;
    }

    private static SliceOutcome OutcomeOf(RunRow row, int completed, bool stopsEarly) => row.Desired switch
    {
        Desired.Cancel => SliceOutcome.Cancelled,
        _ when stopsEarly || completed >= row.TargetEpochs => SliceOutcome.Completed,
        Desired.Pause => SliceOutcome.Paused,
        _ => SliceOutcome.Continue,
    };

    [LoggerMessage(LogLevel.Warning, "Run {Run}: could not record the end of a slice; the slice will be retried. {Problem}")]
    private partial void LogNotRecorded(string run, string problem);

    [LoggerMessage(LogLevel.Warning, "Run {Run}: a slice failed (failure {Count} in a row); the run fails after {Limit}")]
    private partial void LogFailed(Exception failure, string run, int count, int limit);
}
