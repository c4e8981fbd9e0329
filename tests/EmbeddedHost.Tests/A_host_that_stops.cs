using GanFunctions.TestKit;

namespace GanFunctions.EmbeddedHost.Tests;

public sealed class A_host_that_stops(AzuriteFixture azurite)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Runs_an_interrupted_activity_again_at_the_next_start_and_does_not_count_it_as_a_failure()
    {
        var hub = TestHost.NewHub();
        string id;
        await using (var first = await TestHost.StartAsync(azurite, hub))
        {
            id = await first.Client.ScheduleNewOrchestrationInstanceAsync("Waiting", Cancellation);
            await first.UntilAsync(() => Seen.Of(id).Contains("began"), "the activity");
        }

        Assert.DoesNotContain("ended", Seen.Of(id));
        Gates.OfAllHosts.Open(id);
        await using var second = await TestHost.StartAsync(azurite, hub);
        Assert.Equal("waited", (await second.EndOfAsync(id)).ReadOutputAs<string>());
        Assert.Equal(["began", "began", "ended"], Seen.Of(id));
        Assert.Contains(second.Log.Lines, line => line.Contains("unfinished orchestrations to resume: 1", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Does_not_run_an_activity_again_that_ended_in_time()
    {
        var hub = TestHost.NewHub();
        string id;
        await using (var first = await TestHost.StartAsync(azurite, hub))
        {
            id = await first.Client.ScheduleNewOrchestrationInstanceAsync("Stubborn", Cancellation);
            await first.UntilAsync(() => Seen.Of(id).Contains("began"), "the activity");
            var stopping = first.StopAsync();
            await first.UntilAsync(() => first.IsStopping, "the host to stop");
            Gates.OfAllHosts.Open(id);
            await stopping;
        }

        await using var second = await TestHost.StartAsync(azurite, hub);
        Assert.Equal("waited", (await second.EndOfAsync(id)).ReadOutputAs<string>());
        Assert.Equal(["began", "ended"], Seen.Of(id));
    }
}
