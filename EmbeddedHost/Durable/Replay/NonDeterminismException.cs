namespace GanFunctions.EmbeddedHost;

/// <summary>An orchestrator's code does not do what its history says it did, or awaited something that is not in the history.</summary>
internal sealed class NonDeterminismException : Exception
{
    private NonDeterminismException(string message)
        : base(message)
    {
    }

    public static NonDeterminismException OtherStep(HistoryEvent expected, HistoryEvent? actual) => new(
        $"Non-deterministic orchestrator: at step #{expected.TaskId} its history has {Describe(expected)}, but its code now does "
        + $"{(actual is null ? "nothing" : Describe(actual))}. Orchestrator code that has instances under way must keep its steps in order.");

    public static NonDeterminismException ForeignAwait() => new(
        "Non-deterministic orchestrator: its code awaited something other than a task of its TaskOrchestrationContext (I/O, Task.Delay, "
        + "Task.Run, ConfigureAwait(false) ...). Such work belongs in an activity.");

    private static string Describe(HistoryEvent step) =>
        step.Kind == HistoryKind.TaskScheduled ? $"a call of activity '{step.Name}'" : "a timer";
}
