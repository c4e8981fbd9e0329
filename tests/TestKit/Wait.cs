using System.Diagnostics;

namespace GanFunctions.TestKit;

/// <summary>Waits for conditions.</summary>
public static class Wait
{
    /// <summary>Long enough that only a hang exceeds it, even on a slow and busy machine.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <summary>Checks a condition every 20 ms until it holds.</summary>
    /// <exception cref="TimeoutException">It did not hold within <paramref name="timeout"/>, by default <see cref="Patience"/>.</exception>
    public static Task UntilAsync(Func<bool> condition, string what, TimeSpan? timeout = null) =>
        UntilAsync(() => Task.FromResult(condition()), what, timeout);

    /// <inheritdoc cref="UntilAsync(Func{bool}, string, TimeSpan?)"/>
    public static async Task UntilAsync(Func<Task<bool>> condition, string what, TimeSpan? timeout = null)
    {
        ArgumentNullException.ThrowIfNull(condition);
        var started = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            if (Stopwatch.GetElapsedTime(started) > (timeout ?? Patience))
            {
                throw new TimeoutException($"Timed out after {(timeout ?? Patience).TotalSeconds} s waiting for {what}");
            }
            await Task.Delay(20);
        }
    }
}
