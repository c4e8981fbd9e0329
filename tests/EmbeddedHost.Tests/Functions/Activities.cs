namespace GanFunctions.EmbeddedHost.Tests;

/// <summary>Activities as instance methods, as in the app: the class gets services through its constructor.</summary>
public sealed class Activities(Gates gates)
{
    [Function(nameof(AddOne))]
    public static int AddOne([ActivityTrigger] int number, string instanceId)
    {
        Seen.Add(instanceId, $"AddOne({number})");
        return number + 1;
    }

    [Function(nameof(Same))]
    public static string? Same([ActivityTrigger] string? text) => text;

    [Function(nameof(Broken))]
    public static void Broken([ActivityTrigger] string text) => throw new InvalidDataException("it broke", new ArgumentException("inner"));

    [Function(nameof(StartAnother))]
    public static Task<string> StartAnother([ActivityTrigger] string text, [DurableClient] DurableTaskClient client) =>
        client.ScheduleNewOrchestrationInstanceAsync("Echo", new Greeting(text, 1), CancellationToken.None);

    [Function(nameof(WaitAtGate))]
    public async Task<string> WaitAtGate([ActivityTrigger] string? none, string instanceId, CancellationToken cancellation)
    {
        Seen.Add(instanceId, "began");
        await gates.WaitAsync(instanceId, cancellation);
        Seen.Add(instanceId, "ended");
        return "waited";
    }

    [Function(nameof(WaitToTheEnd))]
    public Task<string> WaitToTheEnd([ActivityTrigger] string? none, string instanceId) => WaitAtGate(none, instanceId, CancellationToken.None);
}
