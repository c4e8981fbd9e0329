using GanFunctions.TestKit;

namespace GanFunctions.EmbeddedHost.Tests;

public sealed class WhenTheHostStops(AzuriteFixture azurite)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_activity_that_gives_up_runs_again_at_the_next_start_and_is_no_failure()
    {
        var hub = TestHost.NewHub();
        string id;
        await using (var first = await TestHost.StartAsync(azurite, hub))
        {
            id = await first.Client.ScheduleNewOrchestrationInstanceAsync("Slow", 2_000, Cancellation);
            await first.UntilAsync(() => Seen.Of(id).Contains("began"), "the activity");
        }

        Assert.DoesNotContain("ended", Seen.Of(id));
        await using var second = await TestHost.StartAsync(azurite, hub);
        Assert.Equal("waited", (await second.EndOfAsync(id)).ReadOutputAs<string>());
        Assert.Equal(["began", "began", "ended"], Seen.Of(id));
        Assert.Contains(second.Log.Lines, line => line.Contains("resuming 1 unfinished orchestrations", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_activity_that_ends_in_time_does_not_run_again()
    {
        var hub = TestHost.NewHub();
        string id;
        await using (var first = await TestHost.StartAsync(azurite, hub))
        {
            id = await first.Client.ScheduleNewOrchestrationInstanceAsync("Stubborn", 1_500, Cancellation);
            await first.UntilAsync(() => Seen.Of(id).Contains("began"), "the activity");
        }

        await using var second = await TestHost.StartAsync(azurite, hub);
        Assert.Equal("waited", (await second.EndOfAsync(id)).ReadOutputAs<string>());
        Assert.Equal(["began", "ended"], Seen.Of(id));
    }
}
