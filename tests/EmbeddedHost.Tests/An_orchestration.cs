using DurableTask.Core.Exceptions;
using GanFunctions.TestKit;

namespace GanFunctions.EmbeddedHost.Tests;

public sealed class An_orchestration(AzuriteFixture azurite, RunningHost host) : IClassFixture<RunningHost>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Is_replayed_and_calls_each_activity_once()
    {
        var end = await host.RunAsync("Chain", 5);

        Assert.Equal((8, 5), (end.Output<int>(), end.ReadInputAs<int>()));
        var seen = Seen.Of(end.InstanceId).ToArray();
        Assert.Equal(["AddOne(5)", "AddOne(6)", "AddOne(7)"], seen.Where(line => line.StartsWith("AddOne", StringComparison.Ordinal)));
        Assert.Equal(4, seen.Count(line => line.StartsWith("run 1", StringComparison.Ordinal)));
        for (var step = 1; step <= 3; step++) Assert.Single(seen, $"run {step} replaying=False");
    }

    [Fact]
    public async Task Passes_on_payloads_that_exceed_a_queue_message()
    {
        var text = string.Concat(Enumerable.Repeat("\"ä€😀", 20_000));
        Assert.Equal(text, (await host.RunAsync("Copy", text)).Output<string>());
    }

    [Fact]
    public async Task Fans_out_calls_others_and_continues_as_new()
    {
        Assert.Equal(50 * 51 / 2, (await host.RunAsync("FanOut", 50)).Output<int>());
        Assert.Equal(4, (await host.RunAsync("Parent", 1)).Output<int>());
        var counted = await host.RunAsync("CountDown", 20);
        Assert.Equal(20, Seen.Of(counted.InstanceId).Count);
    }

    [Fact]
    public async Task Says_what_failed_and_why()
    {
        Assert.Equal(
            "Broken|System.IO.InvalidDataException|it broke|System.ArgumentException",
            (await host.RunAsync("Catching", "Broken")).Output<string>());
        Assert.Contains(
            "There is no activity 'Missing'. The app has: AddOne, Broken",
            (await host.RunAsync("Catching", "Missing")).Output<string>(), StringComparison.Ordinal);
        var failed = await host.RunAsync("Failing");
        Assert.Equal(OrchestrationRuntimeStatus.Failed, failed.RuntimeStatus);
        Assert.Contains("it broke", failed.FailureDetails!.ErrorMessage, StringComparison.Ordinal);
        Assert.Contains(
            "There is no orchestrator 'Missing'. The app has: Catching,",
            (await host.RunAsync("Missing")).FailureDetails!.ErrorMessage, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Can_be_started_by_an_activity()
    {
        var started = (await host.RunAsync("Delegating")).Output<string>();
        Assert.Equal(new Greeting("x", 1), (await host.EndOfAsync(started!)).Output<Greeting>());
    }

    [Fact]
    public async Task Receives_events_in_order_even_before_it_awaits_them()
    {
        var id = await host.Client.ScheduleNewOrchestrationInstanceAsync("TwoEvents", Cancellation);
        await host.Client.RaiseEventAsync(id, "event", "a", Cancellation);
        await host.Client.RaiseEventAsync(id, "event", "b", Cancellation);
        var end = await host.EndOfAsync(id);

        Assert.Equal("ab", end.Output<string>());
        Assert.Equal(new Greeting("done", 2), end.ReadCustomStatusAs<Greeting>());
    }

    [Fact]
    public async Task Can_be_terminated_and_purged_but_not_started_twice()
    {
        var options = new StartOrchestrationOptions("same");
        await host.Client.ScheduleNewOrchestrationInstanceAsync("TwoEvents", options, Cancellation);
        await host.Client.WaitForInstanceStartAsync("same", Cancellation);
        await Assert.ThrowsAsync<OrchestrationAlreadyExistsException>(
            () => host.Client.ScheduleNewOrchestrationInstanceAsync("TwoEvents", options, Cancellation));
        await Assert.ThrowsAsync<InvalidOperationException>(() => host.Client.PurgeInstanceAsync("same", Cancellation));

        await host.Client.TerminateInstanceAsync("same", "enough", Cancellation);
        var end = await host.EndOfAsync("same");
        Assert.Equal((OrchestrationRuntimeStatus.Terminated, "enough"), (end.RuntimeStatus, end.ReadOutputAs<string>()));
        Assert.Equal(1, (await host.Client.PurgeInstanceAsync("same", Cancellation)).PurgedInstanceCount);
        Assert.Null(await host.Client.GetInstanceAsync("same", Cancellation));
        Assert.Equal(0, (await host.Client.PurgeInstanceAsync("same", Cancellation)).PurgedInstanceCount);
    }

    [Fact]
    public async Task Is_listed_in_pages_and_by_state()
    {
        for (var i = 0; i < 5; i++) await host.RunAsync("Echo", new Greeting("x", i), $"listed-{i}");
        await host.RunAsync("Failing", null, "listed-failing");

        List<int> pages = [];
        await foreach (var page in host.Client.GetAllInstancesAsync(
            new OrchestrationQuery(InstanceIdPrefix: "listed-", PageSize: 2)).AsPages().WithCancellation(Cancellation))
        {
            pages.Add(page.Values.Count);
        }
        Assert.Equal(6, pages.Sum());
        Assert.All(pages, count => Assert.InRange(count, 0, 2));
        List<string> failed = [];
        await foreach (var each in host.Client.GetAllInstancesAsync(
            new OrchestrationQuery(InstanceIdPrefix: "listed-", Statuses: [OrchestrationRuntimeStatus.Failed])).WithCancellation(Cancellation))
        {
            failed.Add(each.InstanceId);
        }
        Assert.Equal(["listed-failing"], failed);
    }

    [Fact]
    public async Task Calls_others_of_the_same_version()
    {
        await using var versioned = await TestHost.StartAsync(
            azurite, TestHost.NewHub(), TestHost.Setting("defaultVersion", "2"),
            TestHost.Setting("versionMatchStrategy", "Strict"), TestHost.Setting("versionFailureStrategy", "Fail"));

        var end = await versioned.EndOfAsync(await versioned.Client.ScheduleNewOrchestrationInstanceAsync("Parent", 1, Cancellation));

        Assert.Equal((OrchestrationRuntimeStatus.Completed, 4), (end.RuntimeStatus, end.Output<int>()));
    }

    [Fact]
    public async Task Of_another_version_fails_with_a_reason_and_its_code_does_not_run()
    {
        var hub = TestHost.NewHub();
        string id;
        await using (var old = await TestHost.StartAsync(azurite, hub, TestHost.Setting("defaultVersion", "1")))
        {
            id = await old.Client.ScheduleNewOrchestrationInstanceAsync("TwoEvents", Cancellation);
            await old.UntilAsync(async () => (await old.Client.GetInstanceAsync(id, Cancellation))?.SerializedCustomStatus is not null, "its first turn");
        }
        await using var later = await TestHost.StartAsync(
            azurite, hub, TestHost.Setting("defaultVersion", "2"),
            TestHost.Setting("versionMatchStrategy", "Strict"), TestHost.Setting("versionFailureStrategy", "Fail"));
        await later.Client.RaiseEventAsync(id, "event", "a", Cancellation);

        var end = await later.EndOfAsync(id);
        Assert.Equal(OrchestrationRuntimeStatus.Failed, end.RuntimeStatus);
        Assert.Equal("VersionMismatch", end.FailureDetails!.ErrorType);
    }
}
