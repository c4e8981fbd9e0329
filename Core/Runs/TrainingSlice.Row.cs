using Azure;
using GanFunctions.Core.Checkpoints;
using GanFunctions.Core.Quality;
using GanFunctions.Core.Training;
using Microsoft.Extensions.Logging;

namespace GanFunctions.Core.Runs;

/// <content>What a slice reads from the run's row and leaves in it.</content>
public sealed partial class TrainingSlice
{
    private const int MaxFailures = 5; // in a row

    /// <summary>Records the run's position, and ends the run if the user asked for that or no epochs remain.</summary>
    private async Task<SliceResult> EndAsync(SliceRequest request, Manifest? last)
    {
        var (attempt, completed) = (Math.Max(request.Attempt, last?.Attempt ?? 0), last?.CompletedEpochs ?? 0);
        var othersWait = await runs.AnyQueuedAsync(CancellationToken.None);
        var (outcome, early) = (SliceOutcome.Superseded, (string?)null);
        var ended = await runs.UpdateAsync(request.Run, row =>
        {
            if (!TryPutDown(row, request, last)) return false;
            early = completed < row.TargetEpochs ? EarlyStopping.ReasonToStop(row, last) : null;
            outcome = OutcomeOf(row, completed, isOver: early is not null);
            (row.Phase, row.StoppedEarly) = outcome switch
            {
                SliceOutcome.Cancelled => (Phase.Cancelled, null),
                SliceOutcome.Completed => (Phase.Completed, early),
                SliceOutcome.Paused => (Phase.Paused, null),
                _ => (othersWait ? Phase.Queued : Phase.Waiting, (string?)null),
            };
            return true;
        }, CancellationToken.None);
        return ended is { Changed: true }
            ? new(outcome, attempt, completed, outcome == SliceOutcome.Completed ? early : null)
            : new(SliceOutcome.Superseded, attempt, completed);
    }

    /// <summary>Rolls the run back to its last commit or ends it, as its policy says.</summary>
    private async Task<SliceResult> EndDivergedAsync(SliceRequest request, TrainingOptions options, Manifest start, Manifest? last, string reason)
    {
        LogDiverged(start.Run, reason);
        if (options.OnDivergence != DivergencePolicy.RollBack || start.Attempt >= options.MaxRollBacks)
        {
            return await EndFailedAsync(request, SliceOutcome.Diverged, start.Attempt, last?.CompletedEpochs ?? 0, $"The training diverged: {reason}.", last);
        }
        var result = await EndAsync(request, last);
        return result.Outcome == SliceOutcome.Continue ? result with { Attempt = start.Attempt + 1 } : result;
    }

    private async Task<SliceResult> EndFailedAsync(
        SliceRequest request, SliceOutcome outcome, int attempt, int completed, string reason, Manifest? last = null)
    {
        var failed = await runs.UpdateAsync(request.Run, row =>
        {
            if (last is not null) TryPutDown(row, request, last);
            return row.TryFail(request.InstanceId, reason);
        }, CancellationToken.None);
        return failed is { Changed: true } ? new(outcome, attempt, completed, reason) : new(SliceOutcome.Superseded, attempt, completed);
    }

    /// <summary>Counts a failed slice. Shutdowns and kills do not count, and nothing is recorded while storage is unavailable.</summary>
    /// <returns>True if this was one failure too many: the run has failed.</returns>
    private async Task<bool> CountFailureAsync(SliceRequest request, Exception failure)
    {
        var counted = await TryRecordAsync(request, row =>
        {
            if (++row.Failures > MaxFailures) return row.TryFail(request.InstanceId, failure.Message);
            row.Phase = Phase.Waiting;
            return true;
        });
        LogFailed(failure, request.Run, counted?.Failures ?? 0, MaxFailures + 1);
        return counted?.Phase == Phase.Failed;
    }

    /// <summary>Puts a run back into the queue that this worker began to load and will not train.</summary>
    private async Task<bool> TryLeaveAsync(SliceRequest request) => await TryRecordAsync(request, row =>
    {
        row.Phase = Phase.Queued;
        return true;
    }) is not null;

    /// <returns>The row as it is now; null when the run is deleted, or storage is unavailable.</returns>
    private async Task<RunRow?> TryRecordAsync(SliceRequest request, Func<RunRow, bool> change)
    {
        try
        {
            return (await runs.UpdateAsync(request.Run, row => row.IsOpenTo(request.InstanceId) && change(row), CancellationToken.None))?.Row;
        }
        catch (Exception silent) when (silent is RequestFailedException or AggregateException)
        {
            LogNotRecorded(request.Run, silent.Message);
            return null;
        }
    }

    private Task SetTrainingAsync(SliceRequest request, int stepsPerEpoch, CancellationToken cancellation) => runs.UpdateAsync(request.Run, row =>
    {
        if (!row.IsOpenTo(request.InstanceId)) return false;
        (row.Phase, row.StepsPerEpoch) = (Phase.Training, stepsPerEpoch);
        return true;
    }, cancellation);

    private static bool TryBegin(RunRow row, SliceRequest request)
    {
        if (!row.IsOpenTo(request.InstanceId) || row.Desired != Desired.Run) return false;
        row.Phase = row.StepsPerEpoch == 0 ? Phase.Preparing : Phase.Training;
        return true;
    }

    private static bool TryPutDown(RunRow row, SliceRequest request, Manifest? last)
    {
        if (!row.IsOpenTo(request.InstanceId)) return false;
        (row.Checkpoint, row.Failures) = (last?.Name, 0);
        (row.Attempt, row.Epoch, row.Step) = (last?.Attempt ?? request.Attempt, last?.Epoch ?? 0, last?.Step ?? 0);
        if (last?.Quality is { } quality) row.SetQuality(last.Epoch, quality);
        (row.BestEpoch, row.BestDistance) = (last?.Best?.Epoch, last?.Best?.FrechetDistance);
        return true;
    }

    private static SliceOutcome OutcomeOf(RunRow row, int completed, bool isOver) => row.Desired switch
    {
        Desired.Cancel => SliceOutcome.Cancelled,
        _ when isOver || completed >= row.TargetEpochs => SliceOutcome.Completed,
        Desired.Pause => SliceOutcome.Paused,
        _ => SliceOutcome.Continue,
    };

    [LoggerMessage(LogLevel.Warning, "Run {Run}: the end of a slice could not be recorded: {Problem}")]
    private partial void LogNotRecorded(string run, string problem);

    [LoggerMessage(LogLevel.Warning, "Run {Run}: a slice failed, failure {Count} in a row; the run fails at {Most}")]
    private partial void LogFailed(Exception failure, string run, int count, int most);

    [LoggerMessage(LogLevel.Warning, "Run {Run} diverged: {Reason}")]
    private partial void LogDiverged(string run, string reason);
}
