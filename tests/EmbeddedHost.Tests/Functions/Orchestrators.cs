namespace GanFunctions.EmbeddedHost.Tests;

public record Greeting(string Text, int Number);

public static class Orchestrators
{
    [Function(nameof(Chain))]
    public static async Task<int> Chain([OrchestrationTrigger] TaskOrchestrationContext context, int input)
    {
        var sum = input;
        for (var i = 1; i <= 3; i++)
        {
            Seen.Add(context.InstanceId, $"run {i} replaying={context.IsReplaying}");
            sum = await context.CallActivityAsync<int>("AddOne", sum);
        }
        return sum;
    }

    [Function(nameof(Echo))]
    public static Greeting? Echo([OrchestrationTrigger] TaskOrchestrationContext context, Greeting? input) => input;

    [Function(nameof(Copy))]
    public static Task<string> Copy([OrchestrationTrigger] TaskOrchestrationContext context, string input) => context.CallActivityAsync<string>("Same", input);

    [Function(nameof(FanOut))]
    public static async Task<int> FanOut([OrchestrationTrigger] TaskOrchestrationContext context, int input) =>
        (await Task.WhenAll(Enumerable.Range(0, input).Select(i => context.CallActivityAsync<int>("AddOne", i)))).Sum();

    [Function(nameof(Parent))]
    public static Task<int> Parent([OrchestrationTrigger] TaskOrchestrationContext context, int input) =>
        context.CallSubOrchestratorAsync<int>(nameof(Chain), input);

    [Function(nameof(Catching))]
    public static async Task<string> Catching([OrchestrationTrigger] TaskOrchestrationContext context, string input)
    {
        try
        {
            await context.CallActivityAsync(input, "x");
            return "no exception";
        }
        catch (TaskFailedException e)
        {
            return $"{e.TaskName}|{e.FailureDetails.ErrorType}|{e.FailureDetails.ErrorMessage}|{e.FailureDetails.InnerFailure?.ErrorType}";
        }
    }

    [Function(nameof(Failing))]
    public static Task Failing([OrchestrationTrigger] TaskOrchestrationContext context) => context.CallActivityAsync("Broken", "x");

    [Function(nameof(TwoEvents))]
    public static async Task<string> TwoEvents([OrchestrationTrigger] TaskOrchestrationContext context)
    {
        context.SetCustomStatus("waiting");
        var first = await context.WaitForExternalEvent<string>("event");
        var second = await context.WaitForExternalEvent<string>("event");
        context.SetCustomStatus(new Greeting("done", 2));
        return first + second;
    }

    [Function(nameof(CountDown))]
    public static async Task CountDown([OrchestrationTrigger] TaskOrchestrationContext context, int input)
    {
        if (input == 0) return;
        await context.CallActivityAsync<int>("AddOne", input);
        context.ContinueAsNew(input - 1);
    }

    [Function(nameof(Waiting))]
    public static Task<string> Waiting([OrchestrationTrigger] TaskOrchestrationContext context) => context.CallActivityAsync<string>("WaitAtGate");

    [Function(nameof(Stubborn))]
    public static Task<string> Stubborn([OrchestrationTrigger] TaskOrchestrationContext context) => context.CallActivityAsync<string>("WaitToTheEnd");

    [Function(nameof(Delegating))]
    public static Task<string> Delegating([OrchestrationTrigger] TaskOrchestrationContext context) => context.CallActivityAsync<string>("StartAnother", "x");
}
