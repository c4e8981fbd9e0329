namespace GanFunctions.EmbeddedHost;

/// <summary>How an orchestration is terminated.</summary>
/// <param name="Output">Becomes its output.</param>
/// <param name="Recursive">Sub-orchestrations too; there are none here.</param>
public record TerminateInstanceOptions(object? Output = null, bool Recursive = false);
