using GanFunctions.Core.Runs;
using GanFunctions.Core.Sweeps;

namespace GanFunctions.Functions.Sweeps;

/// <summary>How a job of a trial has ended.</summary>
/// <param name="Outcome">How; <see cref="TrialOutcome.Running"/> if it has not.</param>
/// <param name="Result">Its result, if it was measured.</param>
/// <param name="Error">Why the trial failed.</param>
internal readonly record struct TrialJudgement(TrialOutcome Outcome, RungResult? Result = null, string? Error = null)
{
    /// <summary>Judges a job by the row of its run.</summary>
    /// <param name="run">The row; null if there is no such run.</param>
    /// <param name="job">The job.</param>
    /// <param name="metric">What is measured.</param>
    /// <param name="stoppedEarly">The limit that the sweep has reached; null if it has reached none.</param>
    public static TrialJudgement Of(RunRow? run, TrialJob job, SweepMetric metric, string? stoppedEarly) =>
        run?.Phase is null or Phase.Deleting || run.Sweep != job.Sweep
        ? new(TrialOutcome.Failed, Error: "The run was deleted.")
        : run.State() switch
        {
            RunState.Cancelled => new(TrialOutcome.Cancelled, Error: stoppedEarly ?? "The run was cancelled."),
            RunState.Failed => new(TrialOutcome.Failed, Error: run.Error),
            RunState.Completed => OfCompleted(run, job, metric),
            _ => new(TrialOutcome.Running),
        };

    private static TrialJudgement OfCompleted(RunRow run, TrialJob job, SweepMetric metric)
    {
        var value = run.FinalQuality is { } quality ? metric.Of(quality) : null;
        return value is { } measured && double.IsFinite(measured)
            ? new(TrialOutcome.Measured, new RungResult(job.Rung, run.CompletedEpochs, measured))
            : new(TrialOutcome.Failed, Error: $"Epoch {run.CompletedEpochs} of the run has no {metric.Name}.");
    }
}
