namespace GanFunctions.Core.Runs;

/// <summary>An action of the user on a run.</summary>
public enum RunAction
{
    /// <summary>Commit and stop until the run is resumed.</summary>
    Pause,

    /// <summary>Continue a paused run.</summary>
    Resume,

    /// <summary>Commit and stop for good.</summary>
    Cancel,

    /// <summary>Train additional epochs.</summary>
    Extend,

    /// <summary>Delete the run and everything it stored.</summary>
    Delete,
}

/// <summary>When an action is allowed, and what it does.</summary>
/// <param name="Action">The action.</param>
/// <param name="From">The states in which it changes something.</param>
/// <param name="Idempotent">
/// The states in which it is allowed but changes nothing, because the run already is in the requested state.
/// </param>
/// <param name="Apply">Changes the row. The number is the number of epochs to add; only <see cref="RunAction.Extend"/> uses it.</param>
public sealed record RunTransition(
    RunAction Action, IReadOnlyList<RunState> From, IReadOnlyList<RunState> Idempotent, Action<RunRow, int> Apply)
{
    /// <summary>The states in which the action is allowed, in the order of <see cref="RunState"/>.</summary>
    public IReadOnlyList<RunState> Allowed { get; } = [.. From.Concat(Idempotent).Order()];
}

/// <summary>The transitions of runs.</summary>
public static class RunTransitions
{
    /// <summary>Pauses a run.</summary>
    public static RunTransition Pause { get; } = new(
        RunAction.Pause, [RunState.Queued, RunState.Preparing, RunState.Training], [RunState.Pausing, RunState.Paused],
        (row, _) => row.Desired = Desired.Pause);

    /// <summary>Resumes a run.</summary>
    public static RunTransition Resume { get; } = new(
        RunAction.Resume, [RunState.Pausing, RunState.Paused], [],
        (row, _) => row.Desired = Desired.Run);

    /// <summary>Cancels a run.</summary>
    public static RunTransition Cancel { get; } = new(
        RunAction.Cancel,
        [RunState.Queued, RunState.Preparing, RunState.Training, RunState.Pausing, RunState.Paused], [RunState.Cancelling, RunState.Cancelled],
        (row, _) =>
        {
            row.Desired = Desired.Cancel;
            if (row.Phase == Phase.Paused) row.Phase = Phase.Cancelled;
        });

    /// <summary>Adds epochs to a run. A run that has ended continues from where it stopped.</summary>
    public static RunTransition Extend { get; } = new(
        RunAction.Extend,
        [
            RunState.Queued, RunState.Preparing, RunState.Training, RunState.Pausing, RunState.Paused,
            RunState.Cancelled, RunState.Completed, RunState.Failed,
        ],
        [],
        (row, epochs) =>
        {
            row.TargetEpochs = TargetAfter(row, epochs);
            if (!HasEnded(row)) return;
            row.PatienceStartsAfter = row.CompletedEpochs;
            (row.LimitsStartAfterExecutions, row.LimitsStartAfterMilliseconds) = (row.Executions, row.BilledMilliseconds);
            row.Desired = Desired.Run;
        });

    /// <summary>Deletes a run that has ended.</summary>
    public static RunTransition Delete { get; } = new(
        RunAction.Delete, [RunState.Cancelled, RunState.Completed, RunState.Failed], [], (row, _) => row.Phase = Phase.Deleting);

    /// <summary>All transitions.</summary>
    public static IReadOnlyList<RunTransition> All { get; } = [Pause, Resume, Cancel, Extend, Delete];

    /// <summary>The actions that would change a run in a state.</summary>
    public static IReadOnlyList<RunAction> ActionsIn(RunState state) =>
        [.. All.Where(transition => transition.From.Contains(state)).Select(transition => transition.Action)];

    /// <summary>Whether a run was cancelled, completed or failed.</summary>
    public static bool HasEnded(RunRow row) => row.State() is RunState.Cancelled or RunState.Completed or RunState.Failed;

    /// <summary>
    /// The last epoch to train after <see cref="Extend"/>: counted from the completed epochs for a run that has ended, else from the
    /// target.
    /// </summary>
    public static int TargetAfter(RunRow row, int epochs) => (HasEnded(row) ? row.CompletedEpochs : row.TargetEpochs) + epochs;
}
