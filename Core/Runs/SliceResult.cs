using System.Text.Json.Serialization;

namespace GanFunctions.Core.Runs;

/// <summary>How a slice ended.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<SliceOutcome>))]
public enum SliceOutcome
{
    /// <summary>Committed; there is more to train.</summary>
    Continue,

    /// <summary>Committed; the user asked to pause.</summary>
    Paused,

    /// <summary>Committed; the user cancelled the run.</summary>
    Cancelled,

    /// <summary>The last epoch is committed, or the run stopped early.</summary>
    Completed,

    /// <summary>The run diverged, and its policy or its limit of rollbacks makes it fail.</summary>
    Diverged,

    /// <summary>The run cannot continue, and retrying would not help.</summary>
    Refused,

    /// <summary>Too many slices in a row failed.</summary>
    Failed,

    /// <summary>The run was deleted or belongs to another orchestration; the slice changed nothing.</summary>
    Superseded,
}

/// <summary>The input of a slice.</summary>
/// <param name="Run">The run's id.</param>
/// <param name="InstanceId">The orchestration's id. The slice only trains while the run's row names it.</param>
/// <param name="Attempt">Rollbacks so far.</param>
/// <param name="MaxSeconds">How long the slice may train at most, in addition to the limits of the run; null for no other limit.</param>
public sealed record SliceRequest(string Run, string InstanceId, int Attempt, double? MaxSeconds = null);

/// <summary>The output of a slice. Small, because it goes into the orchestration's history.</summary>
/// <param name="Outcome">How the slice ended.</param>
/// <param name="Attempt">Rollbacks so far, for the next slice.</param>
/// <param name="CompletedEpochs">Committed epochs.</param>
/// <param name="Reason">Why the run diverged, was refused, failed or stopped early.</param>
/// <param name="Waiter">Id of another orchestration that waits until the run has come to rest.</param>
public sealed record SliceResult(SliceOutcome Outcome, int Attempt, int CompletedEpochs, string? Reason = null, string? Waiter = null);
