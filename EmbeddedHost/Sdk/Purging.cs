namespace GanFunctions.EmbeddedHost;

/// <summary>How instances are purged.</summary>
/// <param name="Recursive">Sub-orchestrations too; there are none here.</param>
public record PurgeInstanceOptions(bool Recursive = false);

/// <summary>Which finished instances to purge. What is null does not restrict.</summary>
public record PurgeInstancesFilter(
    DateTimeOffset? CreatedFrom = null,
    DateTimeOffset? CreatedTo = null,
    IEnumerable<OrchestrationRuntimeStatus>? Statuses = null)
{
    /// <summary>How long to go on before answering with what was purged so far; to the end when null.</summary>
    public TimeSpan? Timeout { get; init; }
}

/// <summary>What a purge did.</summary>
public class PurgeResult
{
    public PurgeResult(int count)
        : this(count, null)
    {
    }

    public PurgeResult(int count, bool? isComplete) => (PurgedInstanceCount, IsComplete) = (count, isComplete);

    public int PurgedInstanceCount { get; }

    /// <summary>Whether nothing that fits is left.</summary>
    public bool? IsComplete { get; }
}
