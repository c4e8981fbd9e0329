using GanFunctions.TestKit;

namespace GanFunctions.EmbeddedHost.Tests;

public sealed class WhenAnOrchestrationIsStarted(AzuriteFixture azurite)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Of_two_with_one_id_at_the_same_time_exactly_one_wins()
    {
        await using var host = await TestHost.StartAsync(azurite);
        var starts = Enumerable.Range(0, 8).Select(async number =>
        {
            try
            {
                await host.Client.ScheduleNewOrchestrationInstanceAsync("TwoEvents", number, new StartOrchestrationOptions("same"), Cancellation);
                return true;
            }
            catch (InvalidOperationException e)
            {
                Assert.Equal("An Orchestration instance with the ID same already exists.", e.Message);
                return false;
            }
        });
        Assert.Single(await Task.WhenAll(starts), won => won);
    }

    [Fact]
    public async Task A_finished_one_of_the_same_id_is_replaced()
    {
        await using var host = await TestHost.StartAsync(azurite);
        Assert.Equal(4, (await host.RunAsync("Chain", 1, "again")).ReadOutputAs<int>());
        Assert.Equal(5, (await host.RunAsync("Chain", 2, "again")).ReadOutputAs<int>());
    }

    [Fact]
    public async Task Not_before_the_time_given()
    {
        await using var host = await TestHost.StartAsync(azurite);
        var at = TimeProvider.System.GetUtcNow().AddSeconds(1);
        var id = await host.Client.ScheduleNewOrchestrationInstanceAsync("Echo", new StartOrchestrationOptions(StartAt: at), Cancellation);

        Assert.Equal(OrchestrationRuntimeStatus.Pending, (await host.Client.GetInstanceAsync(id, Cancellation))!.RuntimeStatus);
        Assert.True((await host.EndOfAsync(id)).LastUpdatedAt >= at);
    }

    [Theory]
    [InlineData("@entity")]
    [InlineData("a/b")]
    [InlineData("a#b")]
    public async Task An_id_that_storage_cannot_hold_is_refused(string id)
    {
        await using var host = await TestHost.StartAsync(azurite);
        await Assert.ThrowsAsync<ArgumentException>(() => host.RunAsync("Echo", null, id));
    }

    [Fact]
    public async Task An_unknown_orchestrator_fails_naming_those_there_are()
    {
        await using var host = await TestHost.StartAsync(azurite);
        var end = await host.RunAsync("Missing");
        Assert.Contains("There is no orchestrator 'Missing'. There is: AwaitsDelay,", end.FailureDetails!.ErrorMessage, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Activities_of_one_name_run_one_at_a_time_and_other_names_do_not_wait()
    {
        await using var host = await TestHost.StartAsync(azurite);
        var first = await host.Client.ScheduleNewOrchestrationInstanceAsync("Slow", 1_500, Cancellation);
        await Wait.UntilAsync(() => Seen.Of(first).Contains("began"), "the first activity");
        var second = await host.Client.ScheduleNewOrchestrationInstanceAsync("Slow", 1, Cancellation);
        Assert.Equal(4, (await host.RunAsync("Chain", 1)).ReadOutputAs<int>());

        Assert.DoesNotContain("ended", Seen.Of(first));
        Assert.Empty(Seen.Of(second));
        Assert.Equal("waited", (await host.EndOfAsync(second)).ReadOutputAs<string>());
    }
}
