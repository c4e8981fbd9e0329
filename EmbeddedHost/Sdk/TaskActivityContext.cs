namespace GanFunctions.EmbeddedHost;

/// <summary>The call an activity serves.</summary>
public abstract class TaskActivityContext
{
    public abstract TaskName Name { get; }

    /// <summary>The orchestration that called.</summary>
    public abstract string InstanceId { get; }
}
