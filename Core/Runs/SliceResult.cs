using System.Text.Json.Serialization;
using GanFunctions.Core.Training;

namespace GanFunctions.Core.Runs;

/// <summary>How a slice ended.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<SliceOutcome>))]
public enum SliceOutcome
{
    /// <summary>Committed; there is more to train.</summary>
    Continue,

    /// <summary>Committed; the user wants to pause.</summary>
    Paused,

    /// <summary>Committed; the user wants no more.</summary>
    Cancelled,

    /// <summary>The last epoch is committed, or the run's patience is at its end.</summary>
    Completed,

    /// <summary>The run diverged and its policy, or its limit of roll-backs, says to fail.</summary>
    Diverged,

    /// <summary>The run cannot go on as it is, and would not on another try either (<see cref="RefusedException"/>).</summary>
    Refused,

    /// <summary>Too many slices failed in a row.</summary>
    Failed,

    /// <summary>Another orchestration works on the run, or it was deleted: stop without a trace.</summary>
    Superseded,
}

/// <summary>What an orchestration gives to a slice.</summary>
/// <param name="Run">The run's id.</param>
/// <param name="InstanceId">The orchestration's own id, held against the run's row.</param>
/// <param name="Attempt">Roll-backs so far.</param>
public sealed record SliceRequest(string Run, string InstanceId, int Attempt);

/// <summary>What comes back. Small, since it goes into the orchestration's history.</summary>
/// <param name="Outcome">How it ended.</param>
/// <param name="Attempt">Roll-backs so far, for the next slice.</param>
/// <param name="CompletedEpochs">Epochs committed.</param>
/// <param name="Reason">Why it diverged, was refused, failed or completed early.</param>
public sealed record SliceResult(SliceOutcome Outcome, int Attempt, int CompletedEpochs, string? Reason = null);
