using System.Text.Json;
using System.Text.Json.Nodes;

namespace GanFunctions.Cli.Api;

/// <summary>A sweep, as far as the commands show it. The API returns more.</summary>
/// <param name="Sweep">The sweep's id.</param>
/// <param name="State">The sweep's state.</param>
/// <param name="LowerIsBetter">Whether a lower value of the metric is better.</param>
/// <param name="Progress">Progress of the sweep.</param>
/// <param name="Best">The best trial so far; null before the first result.</param>
/// <param name="StoppedEarly">The limit that ended the sweep before all its trials; null if none did.</param>
/// <param name="Error">Why the sweep failed; null if it did not.</param>
/// <param name="Trials">All trials by number.</param>
public sealed record SweepInfo(
    string Sweep, string State, bool LowerIsBetter, SweepProgressInfo? Progress, TrialInfo? Best, string? StoppedEarly, string? Error,
    IReadOnlyList<TrialInfo> Trials)
{
    /// <summary>Reads a sweep.</summary>
    public static SweepInfo Of(JsonNode json) => json.Deserialize<SweepInfo>(JsonSerializerOptions.Web)!;

    /// <summary>Whether nothing more happens to it.</summary>
    public bool HasEnded => State is "completed" or "failed" or "cancelled";
}

/// <summary>Progress of a sweep.</summary>
/// <param name="Fraction">Ended share of the work, from 0 to 1.</param>
public sealed record SweepProgressInfo(double Fraction);

/// <summary>A trial of a sweep.</summary>
/// <param name="Trial">Its number, from 1.</param>
/// <param name="Run">Id of its run.</param>
/// <param name="Options">The options that the sweep varies, with the values of the trial.</param>
/// <param name="State">The state of the trial.</param>
/// <param name="Epochs">Epochs at the end of which the metric was measured; null before the first result.</param>
/// <param name="Metric">The metric; null before the first result.</param>
public sealed record TrialInfo(int Trial, string Run, JsonObject Options, string State, int? Epochs, double? Metric);
