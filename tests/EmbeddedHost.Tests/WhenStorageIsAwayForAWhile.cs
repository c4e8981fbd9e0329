using GanFunctions.TestKit;

namespace GanFunctions.EmbeddedHost.Tests;

public sealed class WhenStorageIsAwayForAWhile
{
    [Fact]
    public async Task Orchestrations_go_on_when_it_is_back()
    {
        await using var azurite = await AzuriteFixture.StartAsync();
        await using var host = await TestHost.StartAsync(azurite);
        var id = await host.Client.ScheduleNewOrchestrationInstanceAsync("CountDown", 60, TestContext.Current.CancellationToken);
        await host.UntilAsync(() => Seen.Of(id).Count > 10, "some steps");
        await azurite.RestartAsync();

        await host.UntilAsync(() => Seen.Of(id).Contains("AddOne(1)"), "the last step");
        Assert.Equal(OrchestrationRuntimeStatus.Completed, (await host.EndOfAsync(id)).RuntimeStatus);
    }
}
