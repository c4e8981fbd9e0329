namespace GanFunctions.EmbeddedHost;

/// <summary>Marks the <see cref="TaskOrchestrationContext"/> parameter of an orchestrator.</summary>
[AttributeUsage(AttributeTargets.Parameter)]
public sealed class OrchestrationTriggerAttribute : Attribute
{
    /// <summary>The name it is called by; the function's name when null.</summary>
    public string? Orchestration { get; set; }
}

/// <summary>Marks the parameter that receives an activity's input.</summary>
[AttributeUsage(AttributeTargets.Parameter)]
public sealed class ActivityTriggerAttribute : Attribute
{
    /// <summary>The name it is called by; the function's name when null.</summary>
    public string? Activity { get; set; }
}

/// <summary>Marks the parameter that receives a <see cref="DurableTaskClient"/>.</summary>
[AttributeUsage(AttributeTargets.Parameter)]
public sealed class DurableClientAttribute : Attribute
{
}
