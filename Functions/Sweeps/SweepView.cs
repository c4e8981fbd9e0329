using System.Text.Json.Serialization;
using GanFunctions.Core.Runs;
using GanFunctions.Core.Sweeps;

namespace GanFunctions.Functions.Sweeps;

/// <summary>A sweep as the API returns it.</summary>
/// <param name="Sweep">The sweep's id.</param>
/// <param name="State">The sweep's state.</param>
/// <param name="Definition">What the sweep tries, and how, with all defaults.</param>
/// <param name="LowerIsBetter">Whether a lower value of the metric is better.</param>
/// <param name="Rungs">The epochs of each rung of successive halving; empty without halving.</param>
/// <param name="Progress">How many trials are in which state.</param>
/// <param name="Best">The trial with the best metric so far, at whatever rung; null before the first result.</param>
/// <param name="StoppedEarly">Why the sweep ends before all its trials, the limit that it has reached; null if it has reached none.</param>
/// <param name="Error">Why the sweep failed; null if it did not.</param>
/// <param name="CreatedAt">When the sweep was started.</param>
/// <param name="Trials">All trials by number. Left out in lists.</param>
/// <param name="Links">Links to the sweep's resources.</param>
public sealed record SweepView(
    string Sweep, SweepState State, SweepDefinition Definition, bool LowerIsBetter, IReadOnlyList<int> Rungs, SweepProgress Progress, TrialView? Best,
    string? StoppedEarly, string? Error, DateTimeOffset CreatedAt,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<TrialView>? Trials, SweepLinks Links)
{
    /// <summary>The view of a sweep.</summary>
    /// <param name="row">The sweep.</param>
    /// <param name="trials">Its trials that have been started.</param>
    /// <param name="runs">Their runs.</param>
    public static SweepView Of(SweepRow row, IReadOnlyList<TrialRow> trials, IReadOnlyList<RunRow> runs)
    {
        var definition = row.Definition;
        var views = TrialView.AllOf(row.RowKey, definition, trials, runs);
        var best = views.Where(trial => trial.Metric is not null).Aggregate((TrialView?)null, (best, trial) =>
            best is null || definition.Measure.IsBetter(trial.Metric!.Value, best.Metric!.Value) ? trial : best);
        return new(
            row.RowKey, row.State, definition, definition.Measure.LowerIsBetter, definition.Rungs, SweepProgress.Of(row, definition, trials, views), best,
            row.StoppedEarly, row.Error, row.CreatedAt, views, SweepLinks.Of(row.RowKey));
    }
}

/// <summary>Progress of a sweep: the number of trials in each state.</summary>
/// <param name="Waiting">Trials that have not been started.</param>
/// <param name="Running">Trials that are being trained, or paused.</param>
/// <param name="Stopped">Trials that were not promoted from their rung, or not yet.</param>
/// <param name="Completed">Trials that were trained to the end.</param>
/// <param name="Failed">Trials that failed.</param>
/// <param name="Cancelled">Trials that were cancelled.</param>
/// <param name="Fraction">Ended share of the jobs that are expected, from 0 to 1.</param>
public sealed record SweepProgress(int Waiting, int Running, int Stopped, int Completed, int Failed, int Cancelled, double Fraction)
{
    /// <summary>The progress of a sweep.</summary>
    public static SweepProgress Of(SweepRow row, SweepDefinition definition, IReadOnlyList<TrialRow> trials, IReadOnlyList<TrialView> views)
    {
        var jobs = SuccessiveHalving.JobsOf(definition.Trials, Math.Max(definition.Rungs.Count, 1), definition.Halving?.Factor ?? 1);
        var ended = trials.Sum(trial => trial.Results.Count + (trial.Outcome is TrialOutcome.Failed or TrialOutcome.Cancelled ? 1 : 0));
        return new(
            Count(TrialState.Waiting), Count(TrialState.Running), Count(TrialState.Stopped), Count(TrialState.Completed), Count(TrialState.Failed),
            Count(TrialState.Cancelled), row.HasEnded ? 1 : Math.Round(Math.Min((double)ended / jobs, 1), 6));

        int Count(TrialState state) => views.Count(trial => trial.State == state);
    }
}

/// <summary>Links to a sweep's resources.</summary>
/// <param name="Self">The sweep.</param>
/// <param name="Trials">Its trials, as JSON or CSV.</param>
/// <param name="Cancel">POST to cancel the sweep.</param>
public sealed record SweepLinks(string Self, string Trials, string Cancel)
{
    /// <summary>The links of a sweep.</summary>
    public static SweepLinks Of(string sweep) => new($"/api/sweeps/{sweep}", $"/api/sweeps/{sweep}/trials", $"/api/sweeps/{sweep}/cancel");
}

/// <summary>A list of sweeps.</summary>
/// <param name="Sweeps">The sweeps, newest first.</param>
public sealed record SweepList(IReadOnlyList<SweepView> Sweeps);
