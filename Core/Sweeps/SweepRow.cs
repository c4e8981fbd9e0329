using System.Runtime.Serialization;
using System.Text.Json;
using Azure;
using Azure.Data.Tables;
using GanFunctions.Core.Storage;

namespace GanFunctions.Core.Sweeps;

/// <summary>The state of a sweep.</summary>
public enum SweepState
{
    /// <summary>The sweep is about to start its first trials.</summary>
    Queued,

    /// <summary>Trials are being trained.</summary>
    Running,

    /// <summary>The user cancelled the sweep; its runs commit and end.</summary>
    Cancelling,

    /// <summary>The user cancelled the sweep, and its runs have ended.</summary>
    Cancelled,

    /// <summary>Every trial has ended, and at least one has a result; or the sweep has reached one of its limits.</summary>
    Completed,

    /// <summary>Every trial has ended, and none has a result.</summary>
    Failed,
}

/// <summary>A sweep: a row of table <c>GanSweeps</c>.</summary>
public sealed class SweepRow : ITableEntity
{
    /// <summary>Partition key of all sweeps.</summary>
    public const string Partition = "sweeps";

    /// <inheritdoc/>
    public string PartitionKey { get; set; } = Partition;

    /// <summary>The sweep's id.</summary>
    public string RowKey { get; set; } = "";

    /// <inheritdoc/>
    public DateTimeOffset? Timestamp { get; set; }

    /// <inheritdoc/>
    public ETag ETag { get; set; }

    /// <summary>Id of the orchestration that the sweep belongs to. Any other orchestration of the sweep ends itself.</summary>
    public string InstanceId { get; set; } = "";

    /// <summary>The task hub of the orchestration.</summary>
    public string Hub { get; set; } = "";

    /// <summary>When the sweep was given to that orchestration.</summary>
    public DateTimeOffset ClaimedAt { get; set; }

    /// <summary>When the sweep was started.</summary>
    public DateTimeOffset CreatedAt { get; set; }

    /// <summary>The state.</summary>
    public SweepState State { get; set; }

    /// <summary>Why the sweep failed.</summary>
    public string? Error { get; set; }

    /// <summary>Why the sweep ends before all its trials: the limit that it has reached.</summary>
    public string? StoppedEarly { get; set; }

    /// <summary>Id of the last write, by which its writer recognises the row if the response was lost.</summary>
    public string WriteId { get; set; } = "";

    /// <summary>The definition, as JSON.</summary>
    public string DefinitionJson { get; set; } = "{}";

    /// <summary>The definition.</summary>
    [IgnoreDataMember]
    public SweepDefinition Definition => JsonSerializer.Deserialize<SweepDefinition>(DefinitionJson, Json.Options)!;

    /// <summary>Whether no trial may begin: the sweep was cancelled, or has reached one of its limits.</summary>
    [IgnoreDataMember]
    public bool IsStopping => State == SweepState.Cancelling || StoppedEarly is not null;

    /// <summary>Whether the sweep has no orchestration any more.</summary>
    [IgnoreDataMember]
    public bool HasEnded => State is SweepState.Cancelled or SweepState.Completed or SweepState.Failed;
}

/// <summary>What became of the last job of a trial.</summary>
public enum TrialOutcome
{
    /// <summary>It has not ended.</summary>
    Running,

    /// <summary>The trial was trained to the epochs of its rung, and measured.</summary>
    Measured,

    /// <summary>The run failed, was deleted or was not measured.</summary>
    Failed,

    /// <summary>The run was cancelled.</summary>
    Cancelled,
}

/// <summary>The result of a trial at a rung.</summary>
/// <param name="Rung">Index of the rung, from 0.</param>
/// <param name="Epochs">Epochs that the trial was trained for.</param>
/// <param name="Metric">The metric.</param>
public sealed record RungResult(int Rung, int Epochs, double Metric);

/// <summary>A trial that has been started: a row of table <c>GanSweeps</c>.</summary>
public sealed class TrialRow : ITableEntity
{
    /// <inheritdoc/>
    public string PartitionKey { get; set; } = "";

    /// <summary>The trial's number, in three digits.</summary>
    public string RowKey { get; set; } = "";

    /// <inheritdoc/>
    public DateTimeOffset? Timestamp { get; set; }

    /// <inheritdoc/>
    public ETag ETag { get; set; }

    /// <summary>The trial's number, from 1.</summary>
    public int Trial { get; set; }

    /// <summary>Index of the rung of its last job, from 0.</summary>
    public int Rung { get; set; }

    /// <summary>What became of that job.</summary>
    public TrialOutcome Outcome { get; set; }

    /// <summary>Why the trial failed.</summary>
    public string? Error { get; set; }

    /// <summary>The results, as JSON.</summary>
    public string ResultsJson { get; set; } = "[]";

    /// <summary>The results, one for each rung that the trial has reached.</summary>
    [IgnoreDataMember]
    public IReadOnlyList<RungResult> Results
    {
        get => JsonSerializer.Deserialize<IReadOnlyList<RungResult>>(ResultsJson, Json.Options)!;
        set => ResultsJson = JsonSerializer.Serialize(value, Json.Options);
    }

    /// <summary>The job that the trial was last given.</summary>
    [IgnoreDataMember]
    public RungJob Job => new(Trial, Rung);

    /// <summary>Records how the last job ended. Does nothing if that is known.</summary>
    /// <returns>Whether the row was changed.</returns>
    public bool End(TrialOutcome outcome, RungResult? result, string? error)
    {
        if (Outcome != TrialOutcome.Running) return false;
        (Outcome, Error) = (outcome, error);
        if (result is not null) Results = [.. Results, result];
        return true;
    }
}
