namespace GanFunctions.EmbeddedHost.Tests;

public sealed class QueueFunctions
{
    public const string Queue = "greetings";

    /// <summary>The number of a greeting whose function fails.</summary>
    public const int Broken = 0;

    /// <summary>The number of a greeting whose function waits for <see cref="Gates"/>.</summary>
    public const int Waiting = 2;

    [Function("Greet")]
    public static async Task Greet([QueueTrigger(Queue)] Greeting greeting, CancellationToken cancellation)
    {
        Seen.Add(greeting.Text, "began");
        if (greeting.Number == Broken) throw new InvalidDataException("not this one");
        if (greeting.Number == Waiting) await Gates.OfAllHosts.WaitAsync(greeting.Text, cancellation);
        Seen.Add(greeting.Text, "ended");
    }
}
