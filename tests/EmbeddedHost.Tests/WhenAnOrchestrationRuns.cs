using GanFunctions.TestKit;

namespace GanFunctions.EmbeddedHost.Tests;

public sealed class WhenAnOrchestrationRuns(AzuriteFixture azurite)
{
    [Fact]
    public async Task Its_code_is_replayed_and_each_activity_called_once()
    {
        await using var host = await TestHost.StartAsync(azurite);
        var end = await host.RunAsync("Chain", 5);

        Assert.Equal(OrchestrationRuntimeStatus.Completed, end.RuntimeStatus);
        Assert.Equal(8, end.ReadOutputAs<int>());
        Assert.Equal(5, end.ReadInputAs<int>());
        var seen = Seen.Of(end.InstanceId).ToArray();
        Assert.Equal(["AddOne(5)", "AddOne(6)", "AddOne(7)"], seen.Where(line => line.StartsWith("AddOne", StringComparison.Ordinal)));
        Assert.Equal(4, seen.Count(line => line.StartsWith("run 1", StringComparison.Ordinal)));
        for (var step = 1; step <= 3; step++)
        {
            Assert.Single(seen, $"run {step} replaying=False");
            Assert.Single(host.Log.Lines, $"Information: {end.InstanceId} step {step}");
        }
    }

    [Fact]
    public async Task Its_clock_and_its_ids_are_the_same_on_every_replay()
    {
        await using var host = await TestHost.StartAsync(azurite);
        var end = await host.RunAsync("Clock");

        Assert.True(end.ReadOutputAs<bool>());
        Assert.Equal(2, Seen.Of(end.InstanceId).Count);
        var lines = Seen.Of(end.InstanceId).Distinct();
        var ids = Assert.Single(lines).Split(' ');
        Assert.NotEqual(ids[1], ids[2]);
    }

    [Fact]
    public async Task Its_input_goes_through_json_with_fields()
    {
        await using var host = await TestHost.StartAsync(azurite);
        var end = await host.RunAsync("Echo", new Greeting("hello", 1) { Field = 7 });

        Assert.Equal(new Greeting("hello", 1) { Field = 7 }, end.ReadOutputAs<Greeting>());
        Assert.Contains("\"Field\":7", end.SerializedOutput, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Payloads_over_32_KB_travel_as_blobs_and_go_with_a_purge()
    {
        var hub = TestHost.NewHub();
        await using var host = await TestHost.StartAsync(azurite, hub);
        var text = string.Concat(Enumerable.Repeat("\"ä€😀", 20_000));
        var end = await host.RunAsync("Copy", text);

        Assert.Equal(text, end.ReadOutputAs<string>());
        var blobs = azurite.Blobs().GetBlobContainerClient(hub + "-largemessages");
        Assert.True(blobs.GetBlobs(cancellationToken: TestContext.Current.CancellationToken).Count() >= 3);
        await host.Client.PurgeInstanceAsync(end.InstanceId, TestContext.Current.CancellationToken);
        Assert.Empty(blobs.GetBlobs(cancellationToken: TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData(50)]
    [InlineData(250)]
    public async Task It_fans_out_and_in_again(int width)
    {
        await using var host = await TestHost.StartAsync(azurite);
        var end = await host.RunAsync("FanOut", width);
        Assert.Equal(width * (width + 1) / 2, end.ReadOutputAs<int>());
    }

    [Fact]
    public async Task It_continues_as_new_with_a_history_that_stays_short()
    {
        var hub = TestHost.NewHub();
        await using var host = await TestHost.StartAsync(azurite, hub);
        var id = await host.Client.ScheduleNewOrchestrationInstanceAsync("CountDown", 200, TestContext.Current.CancellationToken);
        await host.Client.RaiseEventAsync(id, "end", "kept", TestContext.Current.CancellationToken);
        var end = await host.EndOfAsync(id);

        Assert.Equal("kept", end.ReadOutputAs<string>());
        Assert.Equal(200, Seen.Of(id).Count);
        var rows = azurite.Tables().GetTableClient(hub + "Durable").Query<Azure.Data.Tables.TableEntity>(
            row => row.PartitionKey == id, cancellationToken: TestContext.Current.CancellationToken);
        Assert.True(rows.Count() < 8, string.Join(' ', rows.Select(row => row.RowKey)));
    }

    [Fact]
    public async Task A_failed_activity_is_called_again_as_the_policy_says()
    {
        await using var host = await TestHost.StartAsync(azurite);
        var end = await host.RunAsync("Retrying", new Flakiness(2, typeof(IOException).FullName!));

        Assert.Equal("after 3", end.ReadOutputAs<string>());
        Assert.Equal(3, Seen.Of(end.InstanceId).Distinct().Count());
        Assert.True(end.LastUpdatedAt - end.CreatedAt >= TimeSpan.FromMilliseconds(300));
    }

    [Fact]
    public async Task A_failure_the_policy_does_not_handle_is_final()
    {
        await using var host = await TestHost.StartAsync(azurite);
        var end = await host.RunAsync("Retrying", new Flakiness(2, typeof(InvalidDataException).FullName!));

        Assert.Equal(OrchestrationRuntimeStatus.Failed, end.RuntimeStatus);
        Assert.Single(Seen.Of(end.InstanceId));
    }

    [Fact]
    public async Task A_failed_activity_says_how()
    {
        await using var host = await TestHost.StartAsync(azurite);
        var end = await host.RunAsync("Catching", "Flaky");
        Assert.Equal("Flaky|System.IO.InvalidDataException|it broke|System.ArgumentException", end.ReadOutputAs<string>());
    }

    [Fact]
    public async Task An_unknown_activity_fails_naming_those_there_are()
    {
        await using var host = await TestHost.StartAsync(azurite);
        var end = await host.RunAsync("Catching", "Missing");
        Assert.Contains("There is no activity 'Missing'. There is: AddOne, Flaky", end.ReadOutputAs<string>(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_orchestrator_that_throws_fails_with_the_cause_inside()
    {
        await using var host = await TestHost.StartAsync(azurite);
        var end = await host.RunAsync("Failing");

        Assert.Equal(OrchestrationRuntimeStatus.Failed, end.RuntimeStatus);
        Assert.Equal("Task 'Flaky' (#0) failed with an unhandled exception: it broke", end.FailureDetails!.ErrorMessage);
        Assert.True(end.FailureDetails.IsCausedBy<TaskFailedException>());
        Assert.True(end.FailureDetails.InnerFailure!.IsCausedBy<SystemException>());
    }

    [Fact]
    public async Task A_timer_that_is_cancelled_holds_nothing_up()
    {
        await using var host = await TestHost.StartAsync(azurite);
        Assert.Equal("work", (await host.RunAsync("CancelsTimer")).ReadOutputAs<string>());
    }

    [Fact]
    public async Task Options_in_the_place_of_the_input_are_refused()
    {
        await using var host = await TestHost.StartAsync(azurite);
        Assert.Contains("TaskOptions", (await host.RunAsync("OptionsAsInput")).FailureDetails!.ErrorMessage, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_custom_status_over_16_KB_is_refused_with_its_size()
    {
        await using var host = await TestHost.StartAsync(azurite);
        Assert.Contains("20004 bytes", (await host.RunAsync("LongStatus")).FailureDetails!.ErrorMessage, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_not_offered_says_who_offers_it()
    {
        await using var host = await TestHost.StartAsync(azurite);
        Assert.Equal(
            "The embedded host does not offer TaskOrchestrationContext.CallSubOrchestratorAsync; the Azure Functions host does.",
            (await host.RunAsync("NotOffered")).FailureDetails!.ErrorMessage);
    }
}
