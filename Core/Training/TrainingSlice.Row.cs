using Azure;
using GanFunctions.Core.Checkpoints;
using GanFunctions.Core.Quality;
using GanFunctions.Core.Runs;
using Microsoft.Extensions.Logging;

namespace GanFunctions.Core.Training;

/// <content>What a slice reads from the run's row and leaves in it.</content>
public sealed partial class TrainingSlice
{
    private async Task<SliceResult> EndAsync(SliceRequest request, Manifest? last)
    {
        var (attempt, completed) = (Math.Max(request.Attempt, last?.Attempt ?? 0), last?.CompletedEpochs ?? 0);
        var ended = await runs.UpdateAsync(request.Run, row => TryEnd(row, request, last), CancellationToken.None);
        if (ended is not { Changed: true, Row: var row }) return new(SliceOutcome.Superseded, attempt, completed);
        var tooLong = completed < row.TargetEpochs ? Patience.IsOver(row, last) : null;
        var outcome = OutcomeOf(row, completed, isOver: tooLong is not null);
        return new(outcome, attempt, completed, outcome == SliceOutcome.Completed ? tooLong : null);
    }

    private async Task LeaveAsync(SliceRequest request)
    {
        try
        {
            await runs.UpdateAsync(request.Run, row =>
            {
                if (!row.IsOpenTo(request.InstanceId)) return false;
                row.Phase = Phase.Waiting;
                return true;
            }, CancellationToken.None);
        }
        catch (RequestFailedException silent)
        {
            LogNotLeft(request.Run, silent.Message);
        }
    }

    private SliceResult Diverged(TrainingOptions options, Manifest start, int completed, string reason)
    {
        LogDiverged(start.Run, reason);
        return options.OnDivergence == DivergencePolicy.RollBack && start.Attempt < options.MaxRollBacks
            ? new(SliceOutcome.Continue, start.Attempt + 1, completed)
            : new(SliceOutcome.Diverged, start.Attempt, completed, $"The training diverged: {reason}.");
    }

    private static bool TryBegin(RunRow row, SliceRequest request)
    {
        if (!row.IsOpenTo(request.InstanceId) || row.Desired != Desired.Run) return false;
        row.Phase = Phase.Training;
        return true;
    }

    private static bool TryEnd(RunRow row, SliceRequest request, Manifest? last)
    {
        if (!row.IsOpenTo(request.InstanceId)) return false;
        (row.Phase, row.Checkpoint) = (Phase.Waiting, last?.Name);
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

    [LoggerMessage(LogLevel.Warning, "Run {Run}: could not say that nobody works on it just now: {Problem}")]
    private partial void LogNotLeft(string run, string problem);

    [LoggerMessage(LogLevel.Warning, "Run {Run} diverged: {Reason}")]
    private partial void LogDiverged(string run, string reason);
}
