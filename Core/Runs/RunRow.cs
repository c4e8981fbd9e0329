using System.Runtime.Serialization;
using System.Text.Json;
using Azure;
using Azure.Data.Tables;
using GanFunctions.Core.Quality;
using GanFunctions.Core.Storage;
using GanFunctions.Core.Training;

namespace GanFunctions.Core.Runs;

/// <summary>What the user wants of a run. Written by the API only.</summary>
public enum Desired
{
    /// <summary>Train until the last epoch.</summary>
    Run,

    /// <summary>Commit and stop, to be resumed.</summary>
    Pause,

    /// <summary>Commit and stop for good.</summary>
    Cancel,
}

/// <summary>What the training is doing. Written by the training, but for claims, deletions and the cancelling of a paused run.</summary>
public enum Phase
{
    /// <summary>Waits for a free worker.</summary>
    Queued,

    /// <summary>Fetching its data set.</summary>
    Preparing,

    /// <summary>Between two slices, or before one that failed is tried again.</summary>
    Waiting,

    /// <summary>An activity trains it.</summary>
    Training,

    /// <summary>Stopped at a commit; no orchestration.</summary>
    Paused,

    /// <summary>Ended by the user; no orchestration.</summary>
    Cancelled,

    /// <summary>Trained to its last epoch; no orchestration.</summary>
    Completed,

    /// <summary>Given up; <see cref="RunRow.Error"/> says why; no orchestration.</summary>
    Failed,

    /// <summary>What it stored is being removed; the row goes last. No orchestration, and none to come.</summary>
    Deleting,
}

/// <summary>
/// The small mutable state of a run: one row of table <c>GanRuns</c>. The API writes what is wanted, the training what is; the state
/// that users see follows from the two (<see cref="RunState"/>).
/// </summary>
public sealed class RunRow : ITableEntity
{
    /// <summary>Partition of all runs.</summary>
    public const string Partition = "runs";

    /// <inheritdoc/>
    public string PartitionKey { get; set; } = Partition;

    /// <summary>The run's id.</summary>
    public string RowKey { get; set; } = "";

    /// <inheritdoc/>
    public DateTimeOffset? Timestamp { get; set; }

    /// <inheritdoc/>
    public ETag ETag { get; set; }

    /// <summary>The orchestration that may work on the run; any other one ends itself.</summary>
    public string InstanceId { get; set; } = "";

    /// <summary>The task hub that the orchestration is in; null for one of an earlier version.</summary>
    public string? Hub { get; set; }

    /// <summary>When that orchestration's id was put here.</summary>
    public DateTimeOffset ClaimedAt { get; set; }

    /// <summary>When the run was started.</summary>
    public DateTimeOffset CreatedAt { get; set; }

    /// <summary>What the user wants.</summary>
    public Desired Desired { get; set; }

    /// <summary>What the training does.</summary>
    public Phase Phase { get; set; }

    /// <summary>The last epoch to train.</summary>
    public int TargetEpochs { get; set; }

    /// <summary>Names the last write, so that its writer knows it again when the answer was lost on the way.</summary>
    public string WriteId { get; set; } = "";

    /// <summary>Counts the changes the API made.</summary>
    public int Revision { get; set; }

    /// <summary>The options as resolved, as JSON.</summary>
    public string OptionsJson { get; set; } = "{}";

    /// <summary>Slices that failed since the last that did not.</summary>
    public int Failures { get; set; }

    /// <summary>Why it failed.</summary>
    public string? Error { get; set; }

    /// <summary>Why it completed before its last epoch.</summary>
    public string? StoppedEarly { get; set; }

    /// <summary>Early stopping only counts epochs after this one, since the user extended the run here.</summary>
    [DataMember(Name = "PatientFrom")]
    public int PatienceStartsAfter { get; set; }

    /// <summary>The epoch in training, from 1; 0 before the first.</summary>
    public int Epoch { get; set; }

    /// <summary>Steps of that epoch done.</summary>
    public int Step { get; set; }

    /// <summary>Steps in an epoch; 0 until known.</summary>
    public int StepsPerEpoch { get; set; }

    /// <summary>Roll-backs so far.</summary>
    public int Attempt { get; set; }

    /// <summary>The latest checkpoint's name.</summary>
    public string? Checkpoint { get; set; }

    /// <summary>Training speed.</summary>
    public double? ImagesPerSecond { get; set; }

    /// <summary>The last step's losses; values that are not finite are left out.</summary>
    public double? DiscriminatorLoss { get; set; }

    /// <inheritdoc cref="DiscriminatorLoss"/>
    public double? GeneratorLoss { get; set; }

    /// <summary>The last step's D(x).</summary>
    public double? RealScore { get; set; }

    /// <summary>The last step's D(G(z)).</summary>
    public double? FakeScore { get; set; }

    /// <summary>The last epoch whose pictures were measured.</summary>
    public int? QualityEpoch { get; set; }

    /// <summary>How good they are, as JSON.</summary>
    public string? QualityJson { get; set; }

    /// <summary>The epoch with the lowest Fréchet distance.</summary>
    public int? BestEpoch { get; set; }

    /// <summary>That distance.</summary>
    public double? BestDistance { get; set; }

    /// <summary>How good the pictures of <see cref="QualityEpoch"/> are.</summary>
    [IgnoreDataMember]
    public PictureQuality? Quality => QualityJson is null ? null : JsonSerializer.Deserialize<PictureQuality>(QualityJson, Json.Options);

    /// <summary>The options as resolved.</summary>
    [IgnoreDataMember]
    public TrainingOptions Options => JsonSerializer.Deserialize<TrainingOptions>(OptionsJson, Json.Options)!;

    /// <summary>Epochs trained to their end.</summary>
    [IgnoreDataMember]
    public int CompletedEpochs => Epoch > 0 && Step < StepsPerEpoch ? Epoch - 1 : Epoch;

    /// <summary>Whether no orchestration works on it any more: paused, cancelled, completed, failed or being deleted.</summary>
    [IgnoreDataMember]
    public bool IsAtRest => Phase is Phase.Paused or Phase.Cancelled or Phase.Completed or Phase.Failed or Phase.Deleting;

    /// <summary>Says how good the pictures of an epoch are.</summary>
    public void SetQuality(int epoch, PictureQuality quality) =>
        (QualityEpoch, QualityJson) = (epoch, JsonSerializer.Serialize(quality, Json.Options));

    /// <summary>Ends the run as failed, where it belongs to orchestration <paramref name="instanceId"/> and has not ended.</summary>
    public bool TryFail(string instanceId, string reason)
    {
        if (!IsOpenTo(instanceId)) return false;
        (Phase, Error) = (Phase.Failed, reason);
        return true;
    }

    /// <summary>Whether an activity of orchestration <paramref name="instanceId"/> may write what the training does.</summary>
    public bool IsOpenTo(string instanceId) => InstanceId == instanceId && !IsAtRest;
}
