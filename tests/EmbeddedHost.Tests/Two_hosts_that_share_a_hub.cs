using GanFunctions.TestKit;

namespace GanFunctions.EmbeddedHost.Tests;

public sealed class Two_hosts_that_share_a_hub(AzuriteFixture azurite)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_run_the_activities_that_the_other_has_no_capacity_for()
    {
        var (hub, one) = (TestHost.NewHub(), TestHost.Setting("maxConcurrentActivityFunctions", "1"));
        await using var first = await TestHost.StartAsync(azurite, hub, one);
        await using var second = await TestHost.StartAsync(azurite, hub, one);
        var left = await first.Client.ScheduleNewOrchestrationInstanceAsync("Stubborn", Cancellation);
        var right = await second.Client.ScheduleNewOrchestrationInstanceAsync("Stubborn", Cancellation);

        await first.UntilAsync(() => Seen.Of(left).Contains("began") && Seen.Of(right).Contains("began"), "both activities");
        Gates.OfAllHosts.Open(left); // both are still running at this point
        Gates.OfAllHosts.Open(right);
        Assert.Equal("waited", (await second.EndOfAsync(left)).ReadOutputAs<string>());
        Assert.Equal("waited", (await first.EndOfAsync(right)).ReadOutputAs<string>());
    }

    [Fact]
    public async Task Hand_over_everything_when_one_of_them_stops()
    {
        var hub = TestHost.NewHub();
        var first = await TestHost.StartAsync(azurite, hub);
        await using var second = await TestHost.StartAsync(azurite, hub);
        var id = await second.Client.ScheduleNewOrchestrationInstanceAsync("TwoEvents", Cancellation);
        await second.Client.WaitForInstanceStartAsync(id, Cancellation);
        await first.DisposeAsync();

        await second.Client.RaiseEventAsync(id, "event", "x", Cancellation);
        await second.Client.RaiseEventAsync(id, "event", "y", Cancellation);
        Assert.Equal(['x', 'y'], (await second.EndOfAsync(id)).ReadOutputAs<string>()!.Order()); // a queue that changes hands may deliver them in any order
    }
}
