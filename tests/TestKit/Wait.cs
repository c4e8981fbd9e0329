using System.Diagnostics;

namespace GanFunctions.TestKit;

/// <summary>Waits for conditions.</summary>
public static class Wait
{
    /// <summary>Long enough that only a hang exceeds it, even on a slow and busy machine.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    /// <summary>
    /// Checks a condition until it holds, and in between waits ten times as long as a check takes (20 to 250 ms): a check may be a call to an app,
    /// which on a machine with few processors takes time from what is waited for.
    /// </summary>
    /// <exception cref="TimeoutException">It did not hold within <paramref name="timeout"/>, by default <see cref="Patience"/>.</exception>
    public static Task UntilAsync(Func<bool> condition, string what, TimeSpan? timeout = null) =>
        UntilAsync(() => Task.FromResult(condition()), what, timeout);

    /// <inheritdoc cref="UntilAsync(Func{bool}, string, TimeSpan?)"/>
    public static async Task UntilAsync(Func<Task<bool>> condition, string what, TimeSpan? timeout = null)
    {
        ArgumentNullException.ThrowIfNull(condition);
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            var checking = Stopwatch.GetTimestamp();
            if (await condition()) return;
            if (Stopwatch.GetElapsedTime(started) > (timeout ?? Patience))
            {
                throw new TimeoutException($"Timed out after {(timeout ?? Patience).TotalSeconds} s waiting for {what}");
            }
            await Task.Delay(Math.Clamp(10 * (int)Stopwatch.GetElapsedTime(checking).TotalMilliseconds, 20, 250));
        }
    }
}
