using GanFunctions.TestKit;

namespace GanFunctions.EmbeddedHost.Tests;

public sealed class A_storage_outage
{
    [Fact]
    public async Task Only_delays_orchestrations()
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
