using System.Runtime.Serialization;
using System.Text.Json;
using Azure;
using Azure.Data.Tables;
using GanFunctions.Core.Checkpoints;
using GanFunctions.Core.Pictures;
using GanFunctions.Core.Quality;
using GanFunctions.Core.Storage;
using GanFunctions.Core.Training;

namespace GanFunctions.Core.Runs;

/// <summary>What the user wants the run to do. Only the API writes it.</summary>
public enum Desired
{
    /// <summary>Train to the last epoch.</summary>
    Run,

    /// <summary>Commit and stop until the run is resumed.</summary>
    Pause,

    /// <summary>Commit and stop for good.</summary>
    Cancel,
}

/// <summary>
/// What the training is doing. Written by the training, except when a run is claimed, imported or deleted, or a paused run is cancelled.
/// </summary>
public enum Phase
{
    /// <summary>Waiting for a free worker.</summary>
    Queued,

    /// <summary>Loading what the run needs before its first checkpoint.</summary>
    Preparing,

    /// <summary>Between two slices, or before the retry of a failed slice.</summary>
    Waiting,

    /// <summary>An activity is training.</summary>
    Training,

    /// <summary>Stopped after a commit. There is no orchestration.</summary>
    Paused,

    /// <summary>Ended by the user. There is no orchestration.</summary>
    Cancelled,

    /// <summary>Trained to the last epoch, or stopped early. There is no orchestration.</summary>
    Completed,

    /// <summary>Failed for the reason in <see cref="RunRow.Error"/>. There is no orchestration.</summary>
    Failed,

    /// <summary>
    /// What the run stored is being removed, the row last; or an import is storing it, the row first. There is no orchestration, and none can start.
    /// </summary>
    Deleting,
}

/// <summary>
/// The mutable state of a run: a row of table <c>GanRuns</c>. The API writes what the user wants, and the training writes what it is doing;
/// the state that users see follows from both (<see cref="RunState"/>).
/// </summary>
public sealed class RunRow : ITableEntity
{
    /// <summary>Partition key of all runs.</summary>
    public const string Partition = "runs";

    private const int MaxText = 32 * 1024; // characters in a string; a limit of Table Storage

    /// <inheritdoc/>
    public string PartitionKey { get; set; } = Partition;

    /// <summary>The run's id.</summary>
    public string RowKey { get; set; } = "";

    /// <inheritdoc/>
    public DateTimeOffset? Timestamp { get; set; }

    /// <inheritdoc/>
    public ETag ETag { get; set; }

    /// <summary>Id of the orchestration that the run belongs to. Any other orchestration of the run ends itself.</summary>
    public string InstanceId { get; set; } = "";

    /// <summary>The task hub of the orchestration; null if an earlier version wrote the row.</summary>
    public string? Hub { get; set; }

    /// <summary>When the run was given to that orchestration.</summary>
    public DateTimeOffset ClaimedAt { get; set; }

    /// <summary>The sweep that the run is a trial of; null for other runs.</summary>
    public string? Sweep { get; set; }

    /// <summary>Id of another orchestration, which is notified when the run has come to rest; null if none waits for it.</summary>
    public string? Waiter { get; set; }

    /// <summary>When the run was started.</summary>
    public DateTimeOffset CreatedAt { get; set; }

    /// <summary>What the user wants.</summary>
    public Desired Desired { get; set; }

    /// <summary>What the training is doing.</summary>
    public Phase Phase { get; set; }

    /// <summary>The last epoch to train.</summary>
    public int TargetEpochs { get; set; }

    /// <summary>Id of the last write, by which its writer recognises the row if the response was lost.</summary>
    public string WriteId { get; set; } = "";

    /// <summary>Number of changes made through the API.</summary>
    public int Revision { get; set; }

    /// <summary>The resolved options, as JSON.</summary>
    public string OptionsJson { get; set; } = "{}";

    /// <summary>Number of slices that failed in a row.</summary>
    public int Failures { get; set; }

    /// <summary>Why the run failed.</summary>
    public string? Error { get; set; }

    /// <summary>Why the run completed before its last epoch.</summary>
    public string? StoppedEarly { get; set; }

    /// <summary>Early stopping only counts epochs after this one, because the user extended the run there.</summary>
    [DataMember(Name = "PatientFrom")]
    public int PatienceStartsAfter { get; set; }

    /// <summary>The limits only count executions after this number of them, because the user extended the run there.</summary>
    public int LimitsStartAfterExecutions { get; set; }

    /// <summary>The limits only count billed time after this, in milliseconds, because the user extended the run there.</summary>
    public long LimitsStartAfterMilliseconds { get; set; }

    /// <summary>The current epoch, from 1; 0 before the first.</summary>
    public int Epoch { get; set; }

    /// <summary>Completed steps of that epoch.</summary>
    public int Step { get; set; }

    /// <summary>Steps in an epoch; 0 if not known yet.</summary>
    public int StepsPerEpoch { get; set; }

    /// <summary>Rollbacks so far.</summary>
    public int Attempt { get; set; }

    /// <summary>Name of the latest checkpoint.</summary>
    public string? Checkpoint { get; set; }

    /// <summary>Training speed, in real pictures per second.</summary>
    public double? ImagesPerSecond { get; set; }

    /// <summary>Slices that were billed to the run.</summary>
    public int Executions { get; set; }

    /// <summary>Their billed time, in milliseconds.</summary>
    public long BilledMilliseconds { get; set; }

    /// <summary>The part of it that the first slice took.</summary>
    public long FirstSliceMilliseconds { get; set; }

    /// <summary>Committed steps after the first slice.</summary>
    public long FirstSliceSteps { get; set; }

    /// <summary>Losses of the last step, in nats; NaN and infinite values are omitted.</summary>
    public double? DiscriminatorLoss { get; set; }

    /// <inheritdoc cref="DiscriminatorLoss"/>
    public double? GeneratorLoss { get; set; }

    /// <summary>D(x) of the last step.</summary>
    public double? RealScore { get; set; }

    /// <summary>D(G(z)) of the last step.</summary>
    public double? FakeScore { get; set; }

    /// <summary>The last epoch whose pictures were measured.</summary>
    public int? QualityEpoch { get; set; }

    /// <summary>Their quality, as JSON.</summary>
    public string? QualityJson { get; set; }

    /// <summary>The epoch with the lowest Fréchet distance.</summary>
    public int? BestEpoch { get; set; }

    /// <summary>Fréchet distance of that epoch.</summary>
    public double? BestDistance { get; set; }

    /// <summary>The classes of a conditional run, as JSON; null if an earlier version began to train it, or they do not fit into a row.</summary>
    public string? ClassesJson { get; set; }

    /// <summary>Where to send notices about the run; null for nowhere.</summary>
    public string? NotifyUrl { get; set; }

    /// <summary>Whether a notice says that the pictures show mode collapse. Reset by an epoch that does not.</summary>
    public bool IsCollapseNoticed { get; set; }

    /// <summary>The classes of a conditional run, if they are known.</summary>
    [IgnoreDataMember]
    public IReadOnlyList<ClassLabel>? Classes =>
        ClassesJson is null ? null : JsonSerializer.Deserialize<IReadOnlyList<ClassLabel>>(ClassesJson, Json.Options);

    /// <summary>Quality of the pictures of <see cref="QualityEpoch"/>.</summary>
    [IgnoreDataMember]
    public PictureQuality? Quality => QualityJson is null ? null : JsonSerializer.Deserialize<PictureQuality>(QualityJson, Json.Options);

    /// <summary>
    /// <see cref="Quality"/>, or null if a later epoch should have been measured. It is older than the last epoch only if the run ended at a limit between
    /// two measurements (<see cref="TrainingOptions.QualityEvery"/>).
    /// </summary>
    [IgnoreDataMember]
    public PictureQuality? FinalQuality => CompletedEpochs - QualityEpoch < Options.QualityEvery ? Quality : null;

    /// <summary>The resolved options.</summary>
    [IgnoreDataMember]
    public TrainingOptions Options => JsonSerializer.Deserialize<TrainingOptions>(OptionsJson, Json.Options)!;

    /// <summary>Number of completed epochs.</summary>
    [IgnoreDataMember]
    public int CompletedEpochs => Epoch > 0 && Step < StepsPerEpoch ? Epoch - 1 : Epoch;

    /// <summary>Steps from the beginning of the run to the latest checkpoint.</summary>
    [IgnoreDataMember]
    public long CommittedSteps => Checkpoint is { } name ? (Manifest.EpochOf(name) - 1L) * StepsPerEpoch + Manifest.StepOf(name) : 0;

    /// <summary>Whether the run has no orchestration: it is paused, cancelled, completed, failed or being deleted.</summary>
    [IgnoreDataMember]
    public bool IsAtRest => Phase is Phase.Paused or Phase.Cancelled or Phase.Completed or Phase.Failed or Phase.Deleting;

    /// <summary>Sets the quality of the pictures of an epoch, without the names of the classes if they do not fit into a row.</summary>
    public void SetQuality(int epoch, PictureQuality quality) =>
        (QualityEpoch, QualityJson) = (epoch, TryWrite(quality) ?? TryWrite(quality.WithNames(ClassLabels.None)));

    /// <summary>Sets the classes of a conditional run.</summary>
    public void SetClasses(ClassLabels classes) => ClassesJson = TryWrite(classes.ToList());

    private static string? TryWrite<T>(T value) => JsonSerializer.Serialize(value, Json.Options) is { Length: <= MaxText } json ? json : null;

    /// <summary>Fails the run if it belongs to orchestration <paramref name="instanceId"/> and has not stopped.</summary>
    /// <returns>Whether the row was changed.</returns>
    public bool TryFail(string instanceId, string reason)
    {
        if (!IsOpenTo(instanceId)) return false;
        (Phase, Error) = (Phase.Failed, reason);
        return true;
    }

    /// <summary>
    /// Whether orchestration <paramref name="instanceId"/> may update the run: the run belongs to it and has not stopped.
    /// </summary>
    public bool IsOpenTo(string instanceId) => InstanceId == instanceId && !IsAtRest;
}
