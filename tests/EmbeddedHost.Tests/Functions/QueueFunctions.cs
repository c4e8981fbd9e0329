namespace GanFunctions.EmbeddedHost.Tests;

public sealed class QueueFunctions
{
    public const string Queue = "greetings";

    [Function("Greet")]
    public static async Task Greet([QueueTrigger(Queue)] Greeting greeting, CancellationToken cancellation)
    {
        Seen.Add(greeting.Text, "began");
        if (greeting.Number == 0) throw new InvalidDataException("not this one");
        await Task.Delay(greeting.Number, cancellation);
        Seen.Add(greeting.Text, "ended");
    }
}
