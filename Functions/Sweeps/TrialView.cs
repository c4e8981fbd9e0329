using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using GanFunctions.Core.Runs;
using GanFunctions.Core.Sweeps;

namespace GanFunctions.Functions.Sweeps;

/// <summary>The state of a trial.</summary>
public enum TrialState
{
    /// <summary>The trial has not been started.</summary>
    Waiting,

    /// <summary>The trial is being trained, or its run is paused.</summary>
    Running,

    /// <summary>The trial was trained to a rung and not promoted, or not yet.</summary>
    Stopped,

    /// <summary>The trial was trained to its last epoch.</summary>
    Completed,

    /// <summary>The run failed, was deleted, or was not measured.</summary>
    Failed,

    /// <summary>The run was cancelled.</summary>
    Cancelled,
}

/// <summary>A trial as the API returns it.</summary>
/// <param name="Trial">Its number, from 1.</param>
/// <param name="Run">Id of its run, which may not have been started yet.</param>
/// <param name="Options">The options that the sweep varies, with the values of the trial.</param>
/// <param name="State">The state of the trial.</param>
/// <param name="RunState">The state of its run; null if there is none.</param>
/// <param name="Rung">Number of the rung that it was started or promoted to, from 1; null before its start.</param>
/// <param name="Epochs">Epochs at the end of which the metric was measured; null before the first result.</param>
/// <param name="Metric">The metric of the last rung that it has reached; null before the first result.</param>
/// <param name="Results">The metric of each rung that it has reached.</param>
/// <param name="Error">Why it failed; null if it did not.</param>
/// <param name="Link">Link to its run.</param>
public sealed record TrialView(
    int Trial, string Run, JsonObject Options, TrialState State, RunState? RunState, int? Rung, int? Epochs, double? Metric,
    IReadOnlyList<TrialResult> Results, string? Error, string Link)
{
    /// <summary>The views of all trials by number.</summary>
    public static IReadOnlyList<TrialView> AllOf(
        string sweep, SweepDefinition definition, IReadOnlyList<TrialRow> trials, IReadOnlyList<RunRow> runs)
    {
        var (begun, states) = (trials.ToDictionary(trial => trial.Trial), runs.Where(run => run.Sweep == sweep).ToDictionary(run => run.RowKey));
        var lastRung = Math.Max(definition.Rungs.Count, 1) - 1;
        return [.. Enumerable.Range(1, definition.Trials).Select(Of)];

        TrialView Of(int number)
        {
            var (run, row) = (SweepDefinition.RunOf(sweep, number), begun.GetValueOrDefault(number));
            var last = row?.Results is [.., var result] ? result : null;
            return new(
                number, run, definition.PointOf(number), StateOf(row, lastRung), states.GetValueOrDefault(run)?.State(), row?.Rung + 1, last?.Epochs,
                last?.Metric, [.. (row?.Results ?? []).Select(each => new TrialResult(each.Rung + 1, each.Epochs, each.Metric))], row?.Error,
                $"/api/runs/{run}");
        }
    }

    /// <summary>Trials as CSV with a header line. There is a column for each option that the sweep varies.</summary>
    public static string Csv(IReadOnlyList<TrialView> trials)
    {
        string[] options = [.. trials[0].Options.Select(option => option.Key)];
        var text = new StringBuilder($"trial,run,{string.Join(',', options)},state,rung,epochs,metric,error\n");
        foreach (var trial in trials)
        {
            text.Append(CultureInfo.InvariantCulture, $"{trial.Trial},{trial.Run},");
            foreach (var option in options) text.Append(Quoted(trial.Options[option]?.ToString())).Append(',');
            text.Append(CultureInfo.InvariantCulture, $"{Http.Problems.Name(trial.State)},{trial.Rung},{trial.Epochs},{trial.Metric},{Quoted(trial.Error)}\n");
        }
        return text.ToString();
    }

    private static TrialState StateOf(TrialRow? row, int lastRung) => row?.Outcome switch
    {
        null => TrialState.Waiting,
        TrialOutcome.Running => TrialState.Running,
        TrialOutcome.Failed => TrialState.Failed,
        TrialOutcome.Cancelled => TrialState.Cancelled,
        _ => row.Rung == lastRung ? TrialState.Completed : TrialState.Stopped,
    };

    private static string? Quoted(string? text) =>
        text?.AsSpan().IndexOfAny(",\"\n\r") >= 0 ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text;
}

/// <summary>The result of a trial at a rung.</summary>
/// <param name="Rung">Number of the rung, from 1.</param>
/// <param name="Epochs">Epochs that the trial was trained for.</param>
/// <param name="Metric">The metric.</param>
public sealed record TrialResult(int Rung, int Epochs, double Metric);

/// <summary>The trials of a sweep.</summary>
/// <param name="Sweep">The sweep's id.</param>
/// <param name="Trials">The trials by number.</param>
public sealed record TrialList(string Sweep, IReadOnlyList<TrialView> Trials);
