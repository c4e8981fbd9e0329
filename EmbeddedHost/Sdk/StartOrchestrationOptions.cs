namespace GanFunctions.EmbeddedHost;

/// <summary>How an orchestration is started.</summary>
public record StartOrchestrationOptions
{
    public StartOrchestrationOptions(string? InstanceId = null, DateTimeOffset? StartAt = null)
    {
        this.InstanceId = InstanceId;
        this.StartAt = StartAt;
    }

    public StartOrchestrationOptions(StartOrchestrationOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        (InstanceId, StartAt) = (options.InstanceId, options.StartAt);
    }

    /// <summary>Its id; a new one when null.</summary>
    public string? InstanceId { get; init; }

    /// <summary>Not before this time; at once when null or over.</summary>
    public DateTimeOffset? StartAt { get; init; }
}
