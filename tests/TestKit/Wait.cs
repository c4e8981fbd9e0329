using System.Diagnostics;

namespace GanFunctions.TestKit;

/// <summary>Waits for what happens elsewhere.</summary>
public static class Wait
{
    /// <summary>Ends a hang, and nothing else: on a slow machine with other work to do, what a test waits for takes its time.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <summary>Asks again every 20 ms until the answer is yes.</summary>
    /// <exception cref="TimeoutException">It was not within <paramref name="timeout"/>, <see cref="Patience"/> by default.</exception>
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
                throw new TimeoutException($"Waited {(timeout ?? Patience).TotalSeconds} s in vain for {what}");
            }
            await Task.Delay(20);
        }
    }
}
