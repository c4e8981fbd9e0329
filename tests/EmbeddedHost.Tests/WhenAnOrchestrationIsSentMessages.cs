using GanFunctions.TestKit;

namespace GanFunctions.EmbeddedHost.Tests;

public sealed class WhenAnOrchestrationIsSentMessages(AzuriteFixture azurite)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Events_raised_before_they_are_awaited_are_kept_in_order_whatever_the_case_of_their_name()
    {
        await using var host = await TestHost.StartAsync(azurite);
        var id = await host.Client.ScheduleNewOrchestrationInstanceAsync("TwoEvents", Cancellation);
        await host.Client.RaiseEventAsync(id, "Event", "a", Cancellation);
        await host.Client.RaiseEventAsync(id, "eVENT", "b", Cancellation);
        var end = await host.EndOfAsync(id);

        Assert.Equal("ab", end.ReadOutputAs<string>());
        Assert.Equal(new Greeting("done", 2), end.ReadCustomStatusAs<Greeting>());
    }

    [Fact]
    public async Task A_wait_with_a_timeout_ends_by_itself()
    {
        await using var host = await TestHost.StartAsync(azurite);
        Assert.Equal("timed out", (await host.RunAsync("Impatient")).ReadOutputAs<string>());
    }

    [Fact]
    public async Task A_large_event_arrives_whole()
    {
        await using var host = await TestHost.StartAsync(azurite);
        var id = await host.Client.ScheduleNewOrchestrationInstanceAsync("TwoEvents", Cancellation);
        await host.Client.RaiseEventAsync(id, "event", new string('x', 100_000), Cancellation);
        await host.Client.RaiseEventAsync(id, "event", "y", Cancellation);
        Assert.Equal(100_001, (await host.EndOfAsync(id)).ReadOutputAs<string>()!.Length);
    }

    [Fact]
    public async Task Termination_ends_it_with_an_output_and_drops_what_it_has_queued()
    {
        await using var host = await TestHost.StartAsync(azurite);
        var busy = await host.Client.ScheduleNewOrchestrationInstanceAsync("Slow", 3_000, Cancellation);
        await Wait.UntilAsync(() => Seen.Of(busy).Contains("began"), "the first activity");
        var queued = await host.Client.ScheduleNewOrchestrationInstanceAsync("Slow", 0, Cancellation);
        await host.Client.WaitForInstanceStartAsync(queued, Cancellation);
        await host.Client.TerminateInstanceAsync(queued, "enough", Cancellation);
        await host.Client.TerminateInstanceAsync(busy, Cancellation);

        var end = await host.EndOfAsync(queued);
        Assert.Equal(OrchestrationRuntimeStatus.Terminated, end.RuntimeStatus);
        Assert.Equal("enough", end.ReadOutputAs<string>());
        Assert.Equal(OrchestrationRuntimeStatus.Terminated, (await host.EndOfAsync(busy)).RuntimeStatus);
        await Wait.UntilAsync(() => Seen.Of(busy).Contains("ended"), "the running activity, which is not stopped");
        await Task.Delay(200, Cancellation);
        Assert.Empty(Seen.Of(queued));
    }

    [Fact]
    public async Task One_that_is_finished_or_unknown_takes_none()
    {
        await using var host = await TestHost.StartAsync(azurite);
        var end = await host.RunAsync("Echo");

        await Assert.ThrowsAsync<InvalidOperationException>(() => host.Client.RaiseEventAsync(end.InstanceId, "late", Cancellation));
        await Assert.ThrowsAsync<InvalidOperationException>(() => host.Client.TerminateInstanceAsync(end.InstanceId, Cancellation));
        await Assert.ThrowsAsync<ArgumentException>(() => host.Client.RaiseEventAsync("nobody", "any", Cancellation));
        await Assert.ThrowsAsync<ArgumentException>(() => host.Client.TerminateInstanceAsync("nobody", Cancellation));
    }
}
