using System.Text.Json;
using System.Text.Json.Nodes;

namespace GanFunctions.Cli.Api;

/// <summary>A run, as far as the commands show it. The API returns more.</summary>
/// <param name="Run">The run's id.</param>
/// <param name="State">The run's state.</param>
/// <param name="Actions">The actions that have an effect in this state.</param>
/// <param name="Dataset">Name of the data set.</param>
/// <param name="Preset">The preset of the options.</param>
/// <param name="Progress">Progress of the training.</param>
/// <param name="ImagesPerSecond">Training speed in real pictures per second; null until it is known.</param>
/// <param name="SecondsLeft">Estimated seconds until the last epoch ends; null unless the run is training.</param>
/// <param name="Losses">Losses of the last step; null before the first.</param>
/// <param name="StoppedEarly">Why the run completed before its last epoch; null if it did not.</param>
/// <param name="Quality">Quality of the pictures of epoch <paramref name="QualityEpoch"/>; null before the first measured epoch.</param>
/// <param name="QualityEpoch">The last measured epoch.</param>
/// <param name="Best">The epoch with the lowest Fréchet distance; null before the first measured epoch.</param>
/// <param name="Warnings">Warnings about the pictures.</param>
/// <param name="Checkpoint">Name of the latest checkpoint; null before the first.</param>
/// <param name="RollBacks">Number of rollbacks after the training diverged.</param>
/// <param name="Error">Why the run failed; null if it did not.</param>
/// <param name="CreatedAt">When the run was started.</param>
/// <param name="Options">All options as resolved.</param>
public sealed record RunInfo(
    string Run, string State, IReadOnlyList<string> Actions, string Dataset, string Preset, ProgressInfo Progress, double? ImagesPerSecond,
    double? SecondsLeft, LossInfo? Losses, string? StoppedEarly, QualityInfo? Quality, int? QualityEpoch, BestInfo? Best, IReadOnlyList<string> Warnings,
    string? Checkpoint, int RollBacks, string? Error, DateTimeOffset CreatedAt, JsonObject Options)
{
    /// <summary>Reads a run.</summary>
    public static RunInfo Of(JsonNode json) => json.Deserialize<RunInfo>(JsonSerializerOptions.Web)!;

    /// <summary>Whether nothing more happens to it unless the user resumes or extends it.</summary>
    public bool IsAtRest => State is "paused" or "completed" or "failed" or "cancelled";

    /// <summary>Whether it still has epochs to train.</summary>
    public bool IsUnfinished => State is not ("completed" or "failed" or "cancelled" or "cancelling");
}

/// <summary>Progress of a run.</summary>
/// <param name="Epoch">The current epoch, from 1; 0 before the first.</param>
/// <param name="Epochs">The last epoch to train.</param>
/// <param name="Step">Completed steps of the current epoch.</param>
/// <param name="StepsPerEpoch">Steps in an epoch; 0 until known.</param>
/// <param name="Fraction">Completed share of all steps, from 0 to 1.</param>
public sealed record ProgressInfo(int Epoch, int Epochs, int Step, int StepsPerEpoch, double Fraction);

/// <summary>Losses of a step, in nats; a NaN or infinite value is null.</summary>
/// <param name="Discriminator">The discriminator's loss.</param>
/// <param name="Generator">The generator's loss.</param>
public sealed record LossInfo(double? Discriminator, double? Generator);

/// <summary>Quality of the pictures of an epoch.</summary>
/// <param name="FrechetDistance">Fréchet distance between the pictures and real ones.</param>
public sealed record QualityInfo(double FrechetDistance);

/// <summary>The epoch with the lowest Fréchet distance.</summary>
/// <param name="Epoch">The epoch, from 1.</param>
/// <param name="FrechetDistance">Its distance.</param>
public sealed record BestInfo(int Epoch, double FrechetDistance);
