namespace GanFunctions.EmbeddedHost;

/// <summary>How an activity is called.</summary>
public record TaskOptions
{
    public TaskOptions(TaskRetryOptions? retry) => Retry = retry;

    /// <exception cref="NotSupportedException"><paramref name="tags"/> is not null.</exception>
    public TaskOptions(TaskRetryOptions? retry = null, IDictionary<string, string>? tags = null)
    {
        NotOffered.When(tags is not null, "TaskOptions.Tags");
        Retry = retry;
    }

    public TaskOptions(TaskOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        Retry = options.Retry;
    }

    /// <summary>What to do when it fails; nothing when null.</summary>
    public TaskRetryOptions? Retry { get; init; }

    public static TaskOptions FromRetryPolicy(RetryPolicy policy) => new(policy);
}

/// <summary>When a failed activity is called again.</summary>
public sealed class TaskRetryOptions
{
    public TaskRetryOptions(RetryPolicy policy) => Policy = policy;

    public RetryPolicy? Policy { get; }

    public static TaskRetryOptions FromRetryPolicy(RetryPolicy policy) => new(policy);

    public static implicit operator TaskRetryOptions(RetryPolicy policy) => FromRetryPolicy(policy);
}
