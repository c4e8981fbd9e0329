using Microsoft.Extensions.Logging;

namespace GanFunctions.EmbeddedHost.Tests;

public record Greeting(string Text, int Number)
{
#pragma warning disable CA1051 // That fields travel too is what it is here for.
    public int Field = Number;
#pragma warning restore CA1051
}

public static partial class Orchestrators
{
    /// <summary>Decides what the orchestrator "Changing" does, as a new version of its code would.</summary>
    internal static volatile string Version = "activity";

    [Function(nameof(Chain))]
    public static async Task<int> Chain([OrchestrationTrigger] TaskOrchestrationContext context)
    {
        var log = context.CreateReplaySafeLogger("Chain");
        var sum = context.GetInput<int>();
        for (var i = 1; i <= 3; i++)
        {
            Seen.Add(context.InstanceId, $"run {i} replaying={context.IsReplaying}");
            Step(log, context.InstanceId, i);
            sum = await context.CallActivityAsync<int>("AddOne", sum);
        }

        return sum;
    }

    [Function(nameof(Clock))]
    public static async Task<bool> Clock([OrchestrationTrigger] TaskOrchestrationContext context)
    {
        Seen.Add(context.InstanceId, $"{context.CurrentUtcDateTime:o} {context.NewGuid()} {context.NewGuid()}");
        var began = context.CurrentUtcDateTime;
        await context.CreateTimer(TimeSpan.FromMilliseconds(300), CancellationToken.None);
        return context.CurrentUtcDateTime - began >= TimeSpan.FromMilliseconds(300);
    }

    [Function(nameof(Echo))]
    public static Greeting? Echo([OrchestrationTrigger] TaskOrchestrationContext context, Greeting? input) =>
        context.GetInput<Greeting>() == input ? input : null;

    [Function(nameof(Copy))]
    public static Task<string> Copy([OrchestrationTrigger] TaskOrchestrationContext context) =>
        context.CallActivityAsync<string>("Same", context.GetInput<string>());

    [Function(nameof(FanOut))]
    public static async Task<int> FanOut([OrchestrationTrigger] TaskOrchestrationContext context) =>
        (await Task.WhenAll(Enumerable.Range(0, context.GetInput<int>()).Select(i => context.CallActivityAsync<int>("AddOne", i)))).Sum();

    [Function(nameof(Retrying))]
    public static async Task<string> Retrying([OrchestrationTrigger] TaskOrchestrationContext context)
    {
        var policy = new RetryPolicy(5, TimeSpan.FromMilliseconds(100), 2)
        {
            HandleFailure = failure => failure.IsCausedBy<IOException>(),
        };
        return await context.CallActivityAsync<string>("Flaky", context.GetInput<Flakiness>(), TaskOptions.FromRetryPolicy(policy));
    }

    [Function(nameof(Catching))]
    public static async Task<string> Catching([OrchestrationTrigger] TaskOrchestrationContext context)
    {
        try
        {
            await context.CallActivityAsync(context.GetInput<string>()!, new Flakiness(99, typeof(InvalidDataException).FullName!));
            return "no exception";
        }
        catch (TaskFailedException e)
        {
            return $"{e.TaskName}|{e.FailureDetails.ErrorType}|{e.FailureDetails.ErrorMessage}|{e.FailureDetails.InnerFailure?.ErrorType}";
        }
    }

    [Function(nameof(Failing))]
    public static Task Failing([OrchestrationTrigger] TaskOrchestrationContext context) =>
        context.CallActivityAsync("Flaky", new Flakiness(99, typeof(InvalidDataException).FullName!));

    [Function(nameof(TwoEvents))]
    public static async Task<string> TwoEvents([OrchestrationTrigger] TaskOrchestrationContext context)
    {
        context.SetCustomStatus("waiting");
        await context.CreateTimer(TimeSpan.FromMilliseconds(200), CancellationToken.None);
        var first = await context.WaitForExternalEvent<string>("EVENT");
        var second = await context.WaitForExternalEvent<string>("event");
        context.SetCustomStatus(new Greeting("done", 2));
        return first + second;
    }

    [Function(nameof(Impatient))]
    public static async Task<string> Impatient([OrchestrationTrigger] TaskOrchestrationContext context)
    {
        try
        {
            return await context.WaitForExternalEvent<string>("never", TimeSpan.FromMilliseconds(200));
        }
        catch (TaskCanceledException)
        {
            return "timed out";
        }
    }

    [Function(nameof(CancelsTimer))]
    public static async Task<string> CancelsTimer([OrchestrationTrigger] TaskOrchestrationContext context)
    {
        using var cancellation = new CancellationTokenSource();
        var timer = context.CreateTimer(TimeSpan.FromDays(1), cancellation.Token);
        var work = context.CallActivityAsync<int>("AddOne", 1);
        var first = await Task.WhenAny(timer, work);
        cancellation.Cancel();
        return first == work ? "work" : "timer";
    }

    [Function(nameof(CountDown))]
    public static async Task<string> CountDown([OrchestrationTrigger] TaskOrchestrationContext context)
    {
        var left = context.GetInput<int>();
        if (left == 0)
        {
            return await context.WaitForExternalEvent<string>("end");
        }

        await context.CallActivityAsync<int>("AddOne", left);
        context.ContinueAsNew(left - 1);
        return "not used";
    }

    [Function(nameof(Changing))]
    public static async Task<string> Changing([OrchestrationTrigger] TaskOrchestrationContext context)
    {
        if (Version == "activity")
        {
            await context.CallActivityAsync<int>("AddOne", 1);
        }
        else
        {
            await context.CallActivityAsync<string>("Same", "x");
        }

        return await context.WaitForExternalEvent<string>("go");
    }

    [Function(nameof(AwaitsDelay))]
    public static async Task<string> AwaitsDelay([OrchestrationTrigger] TaskOrchestrationContext context)
    {
        await Task.Delay(context.GetInput<int>());
        await context.WaitForExternalEvent<string>("never");
        return "";
    }

    [Function(nameof(LongStatus))]
    public static string LongStatus([OrchestrationTrigger] TaskOrchestrationContext context)
    {
        context.SetCustomStatus(new string('x', 10_000));
        return "";
    }

    [Function(nameof(Slow))]
    public static Task<string> Slow([OrchestrationTrigger] TaskOrchestrationContext context) =>
        context.CallActivityAsync<string>("Wait", context.GetInput<int>());

    [Function(nameof(Stubborn))]
    public static Task<string> Stubborn([OrchestrationTrigger] TaskOrchestrationContext context) =>
        context.CallActivityAsync<string>("WaitToTheEnd", context.GetInput<int>());

    [Function(nameof(OptionsAsInput))]
    public static Task OptionsAsInput([OrchestrationTrigger] TaskOrchestrationContext context) =>
        context.CallActivityAsync<int>("AddOne", input: new TaskOptions((TaskRetryOptions?)null));

    [Function(nameof(NotOffered))]
    public static Task NotOffered([OrchestrationTrigger] TaskOrchestrationContext context) =>
        context.CallSubOrchestratorAsync<int>("Chain");

    [LoggerMessage(LogLevel.Information, "{Instance} step {Number}")]
    private static partial void Step(ILogger logger, string instance, int number);
}
