using GanFunctions.TestKit;

namespace GanFunctions.EmbeddedHost.Tests;

public sealed class WhenAnOrchestratorIsNotDeterministic(AzuriteFixture azurite)
{
    [Fact]
    public async Task It_fails_naming_the_step_in_its_history_and_the_one_it_takes_now()
    {
        await using var host = await TestHost.StartAsync(azurite);
        var id = await host.Client.ScheduleNewOrchestrationInstanceAsync("Changing", TestContext.Current.CancellationToken);
        await Wait.UntilAsync(() => !Seen.Of(id).IsEmpty, "its activity");
        Orchestrators.Version = "another activity";
        await host.Client.RaiseEventAsync(id, "go", "now", TestContext.Current.CancellationToken);
        var end = await host.EndOfAsync(id);

        Assert.Equal(OrchestrationRuntimeStatus.Failed, end.RuntimeStatus);
        Assert.Contains(
            "at step #0 its history has a call of activity 'AddOne', but its code now does a call of activity 'Same'",
            end.FailureDetails!.ErrorMessage,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(300)]
    public async Task Awaiting_what_is_not_durable_fails_with_the_reason(int milliseconds)
    {
        await using var host = await TestHost.StartAsync(azurite);
        var end = await host.RunAsync("AwaitsDelay", milliseconds);
        Assert.Contains("awaited something other than a task of its TaskOrchestrationContext", end.FailureDetails!.ErrorMessage, StringComparison.Ordinal);
    }
}
