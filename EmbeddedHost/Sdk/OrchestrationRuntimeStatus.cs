namespace GanFunctions.EmbeddedHost;

/// <summary>Where an orchestration stands. This host knows Pending, Running, Completed, Failed and Terminated.</summary>
public enum OrchestrationRuntimeStatus
{
    Running,
    Completed,
    ContinuedAsNew,
    Failed,
    Canceled,
    Terminated,
    Pending,
    Suspended,
}
