namespace GanFunctions.Core.Runs;

/// <summary>The state of a run as users see it.</summary>
public enum RunState
{
    /// <summary>Waits for a free worker.</summary>
    Queued,

    /// <summary>Its data set is being fetched.</summary>
    Preparing,

    /// <summary>A worker trains it.</summary>
    Training,

    /// <summary>It will commit and stop within seconds.</summary>
    Pausing,

    /// <summary>Stopped at a commit; can be resumed.</summary>
    Paused,

    /// <summary>It will commit and end within seconds.</summary>
    Cancelling,

    /// <summary>Ended by the user; what was committed is kept.</summary>
    Cancelled,

    /// <summary>Trained to its last epoch.</summary>
    Completed,

    /// <summary>Given up, with a reason.</summary>
    Failed,
}

/// <summary>Derives <see cref="RunState"/>.</summary>
public static class RunStates
{
    /// <summary>
    /// The state that follows from what is wanted and what is. A run on which nothing works at the moment is paused or cancelled
    /// as soon as that is wanted: whoever takes it up next sees the wish first.
    /// </summary>
    public static RunState Of(Desired desired, Phase phase) => (phase, desired) switch
    {
        (Phase.Paused, _) => RunState.Paused,
        (Phase.Cancelled, _) => RunState.Cancelled,
        (Phase.Completed, _) => RunState.Completed,
        (Phase.Failed, _) => RunState.Failed,
        (Phase.Deleting, _) => RunState.Cancelling,
        (Phase.Queued or Phase.Waiting, Desired.Pause) => RunState.Paused,
        (Phase.Queued or Phase.Waiting, Desired.Cancel) => RunState.Cancelled,
        (_, Desired.Pause) => RunState.Pausing,
        (_, Desired.Cancel) => RunState.Cancelling,
        (Phase.Queued, _) => RunState.Queued,
        (Phase.Preparing, _) => RunState.Preparing,
        _ => RunState.Training,
    };

    /// <summary>The state of a row.</summary>
    public static RunState State(this RunRow row) => Of(row.Desired, row.Phase);
}
