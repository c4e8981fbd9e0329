namespace GanFunctions.Core.Runs;

/// <summary>The state of a run as users see it.</summary>
public enum RunState
{
    /// <summary>The run is waiting for a free worker.</summary>
    Queued,

    /// <summary>A worker is loading what the run needs before its first checkpoint.</summary>
    Preparing,

    /// <summary>A worker is training the run.</summary>
    Training,

    /// <summary>The run commits and pauses within seconds.</summary>
    Pausing,

    /// <summary>The run has stopped after a commit and can be resumed.</summary>
    Paused,

    /// <summary>The run commits and ends within seconds.</summary>
    Cancelling,

    /// <summary>The user ended the run; its checkpoints are kept.</summary>
    Cancelled,

    /// <summary>The run has trained its last epoch, or stopped early.</summary>
    Completed,

    /// <summary>The run has failed, for the reason in its error.</summary>
    Failed,
}

/// <summary>Derives <see cref="RunState"/>.</summary>
public static class RunStates
{
    /// <summary>
    /// Derives the state from what the user wants and what the training is doing. A run that no activity is working on counts as paused or
    /// cancelled as soon as the user asks for it, because the next activity checks that before anything else.
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
