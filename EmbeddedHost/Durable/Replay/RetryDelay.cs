namespace GanFunctions.EmbeddedHost;

internal static class RetryDelay
{
    /// <summary>How long to wait after a failed attempt, or null when it was the last.</summary>
    /// <param name="policy">The rules.</param>
    /// <param name="attempt">Which attempt failed, from 1.</param>
    /// <param name="elapsed">Since the first attempt began.</param>
    /// <param name="failure">How it failed.</param>
    public static TimeSpan? After(this RetryPolicy policy, int attempt, TimeSpan elapsed, TaskFailedException failure)
    {
        if (attempt >= policy.MaxNumberOfAttempts
            || (policy.RetryTimeout != Timeout.InfiniteTimeSpan && elapsed >= policy.RetryTimeout)
            || policy.Handle?.Invoke(failure) == false)
        {
            return null;
        }

        var milliseconds = policy.FirstRetryInterval.TotalMilliseconds * Math.Pow(policy.BackoffCoefficient, attempt - 1);
        var longest = policy.MaxRetryInterval == Timeout.InfiniteTimeSpan ? TimeSpan.FromDays(365) : policy.MaxRetryInterval;
        return milliseconds < longest.TotalMilliseconds ? TimeSpan.FromMilliseconds(milliseconds) : longest;
    }
}
