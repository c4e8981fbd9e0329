namespace GanFunctions.EmbeddedHost;

/// <summary>What happened in an orchestration.</summary>
internal enum HistoryKind
{
    /// <summary>A client, or the execution before, asked for it: name and input.</summary>
    ExecutionStarted,

    /// <summary>Its code began to run.</summary>
    OrchestratorStarted,

    /// <summary>Its code called an activity.</summary>
    TaskScheduled,
    TaskCompleted,
    TaskFailed,

    /// <summary>Its code waits for a time.</summary>
    TimerCreated,
    TimerFired,
    EventRaised,
    ExecutionCompleted,
    ExecutionFailed,
    ExecutionTerminated,
}

/// <summary>A line of an orchestration's history.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="Timestamp">The turn it belongs to: all events of a turn have the same, and it is the orchestrator's clock.</param>
/// <param name="TaskId">The number of the activity call or timer; -1 for the others.</param>
/// <param name="Name">Of the orchestrator, the activity or the raised event.</param>
/// <param name="Payload">JSON: input, output, failure details or event.</param>
/// <param name="FireAt">When a timer is over.</param>
internal sealed record HistoryEvent(
    HistoryKind Kind,
    DateTimeOffset Timestamp,
    int TaskId = -1,
    string? Name = null,
    string? Payload = null,
    DateTimeOffset? FireAt = null);
