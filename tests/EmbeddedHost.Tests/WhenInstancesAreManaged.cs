using Azure.Data.Tables;
using GanFunctions.TestKit;

namespace GanFunctions.EmbeddedHost.Tests;

public sealed class WhenInstancesAreManaged(AzuriteFixture azurite)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static readonly TimeSpan OneTick = TimeSpan.FromMilliseconds(5); // Azurite compares times to the millisecond

    [Fact]
    public async Task They_are_listed_in_pages_that_can_be_taken_up_again()
    {
        await using var host = await TestHost.StartAsync(azurite);
        await Task.WhenAll(Enumerable.Range(0, 7).Select(i => host.RunAsync("Echo", null, $"a{i}")));
        await host.RunAsync("Echo", null, "b0");

        var query = new OrchestrationQuery(InstanceIdPrefix: "a", PageSize: 3);
        List<string> ids = [];
        string? token = null;
        do
        {
            await foreach (var page in host.Client.GetAllInstancesAsync(query).AsPages(token).WithCancellation(Cancellation))
            {
                Assert.InRange(page.Values.Count, 1, 3);
                ids.AddRange(page.Values.Select(instance => instance.InstanceId));
                token = page.ContinuationToken;
                break;
            }
        }
        while (token is not null);
        Assert.Equal(["a0", "a1", "a2", "a3", "a4", "a5", "a6"], ids);
    }

    [Fact]
    public async Task They_are_found_by_status_and_time()
    {
        await using var host = await TestHost.StartAsync(azurite);
        await host.RunAsync("Failing", null, "failed");
        await Task.Delay(OneTick, Cancellation);
        var between = TimeProvider.System.GetUtcNow();
        await Task.Delay(OneTick, Cancellation);
        await host.RunAsync("Echo", null, "completed");
        await host.Client.ScheduleNewOrchestrationInstanceAsync("TwoEvents", new StartOrchestrationOptions("running"), Cancellation);
        await host.Client.WaitForInstanceStartAsync("running", Cancellation);

        Assert.Equal(["failed"], await IdsAsync(new(Statuses: [OrchestrationRuntimeStatus.Failed])));
        Assert.Equal(["completed", "running"], await IdsAsync(new(CreatedFrom: between)));
        Assert.Equal(["failed"], await IdsAsync(new(CreatedTo: between)));
        Assert.Equal(["completed", "failed", "running"], await IdsAsync(null));

        async Task<List<string>> IdsAsync(OrchestrationQuery? query)
        {
            List<string> ids = [];
            await foreach (var instance in host.Client.GetAllInstancesAsync(query).WithCancellation(Cancellation))
            {
                ids.Add(instance.InstanceId);
            }

            return ids;
        }
    }

    [Fact]
    public async Task Inputs_and_outputs_come_only_when_asked_for()
    {
        await using var host = await TestHost.StartAsync(azurite);
        var end = await host.RunAsync("Chain", 1);

        var without = await host.Client.GetInstanceAsync(end.InstanceId, Cancellation);
        Assert.Null(without!.SerializedOutput);
        Assert.Throws<InvalidOperationException>(() => without.ReadOutputAs<int>());
        Assert.Null(await host.Client.GetInstanceAsync("nobody", Cancellation));
    }

    [Fact]
    public async Task A_purge_leaves_nothing_of_a_finished_one_and_does_not_touch_others()
    {
        var hub = TestHost.NewHub();
        await using var host = await TestHost.StartAsync(azurite, hub);
        await host.RunAsync("FanOut", 120, "finished");
        await host.RunAsync("Failing", null, "failed");
        await host.Client.ScheduleNewOrchestrationInstanceAsync("TwoEvents", new StartOrchestrationOptions("running"), Cancellation);

        Assert.Equal(1, (await host.Client.PurgeInstanceAsync("finished", Cancellation)).PurgedInstanceCount);
        Assert.Equal(0, (await host.Client.PurgeInstanceAsync("finished", Cancellation)).PurgedInstanceCount);
        await Assert.ThrowsAsync<InvalidOperationException>(() => host.Client.PurgeInstanceAsync("running", Cancellation));
        Assert.Equal(1, (await host.Client.PurgeAllInstancesAsync(new PurgeInstancesFilter(), Cancellation)).PurgedInstanceCount);
        var left = azurite.Tables().GetTableClient(hub + "Durable").Query<TableEntity>(
            row => row.PartitionKey != "running" && row.PartitionKey != "@wake", cancellationToken: Cancellation);
        Assert.Empty(left);
    }
}
