using Azure.Data.Tables;
using Azure.Storage.Blobs.Specialized;
using GanFunctions.TestKit;

namespace GanFunctions.EmbeddedHost.Tests;

public sealed class WhenTwoProcessesShareAHub(AzuriteFixture azurite)
{
    private readonly string _hub = TestHost.NewHub();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_owner_does_what_the_other_one_asks_for()
    {
        await using var owner = await TestHost.StartAsync(azurite, _hub);
        await LogsAsync(owner, "This process owns hub");
        await using var other = await TestHost.StartAsync(azurite, _hub);
        await LogsAsync(other, $"is owned by process {Environment.ProcessId} on {Environment.MachineName}");

        var id = await other.Client.ScheduleNewOrchestrationInstanceAsync("TwoEvents", Cancellation);
        await other.Client.RaiseEventAsync(id, "event", "x", Cancellation);
        await other.Client.RaiseEventAsync(id, "event", "y", Cancellation);
        Assert.Equal("xy", (await other.EndOfAsync(id)).ReadOutputAs<string>());
        await LogsAsync(owner, $"TwoEvents {id} ended: Completed");
    }

    [Fact]
    public async Task The_other_one_takes_over_when_the_owner_stops()
    {
        var owner = await TestHost.StartAsync(azurite, _hub);
        await LogsAsync(owner, "This process owns hub");
        await using var other = await TestHost.StartAsync(azurite, _hub);
        var id = await other.Client.ScheduleNewOrchestrationInstanceAsync("TwoEvents", Cancellation);
        await other.Client.WaitForInstanceStartAsync(id, Cancellation);
        await owner.DisposeAsync();

        await LogsAsync(other, "1 unfinished orchestrations continue");
        await other.Client.TerminateInstanceAsync(id, Cancellation);
        Assert.Equal(OrchestrationRuntimeStatus.Terminated, (await other.EndOfAsync(id)).RuntimeStatus);
    }

    [Fact]
    public async Task One_that_lost_the_lease_writes_nothing_more()
    {
        await using var former = await TestHost.StartAsync(azurite, _hub);
        await LogsAsync(former, "This process owns hub");
        var id = await former.Client.ScheduleNewOrchestrationInstanceAsync("Stubborn", 2_000, Cancellation);
        await Wait.UntilAsync(() => Seen.Of(id).Contains("began"), "the activity");

        await using var next = await TestHost.StartAsync(azurite, _hub);
        await azurite.Blobs().GetBlobContainerClient(_hub + "-leases").GetBlobClient("owner")
            .GetBlobLeaseClient().BreakAsync(TimeSpan.Zero, cancellationToken: Cancellation);
        await LogsAsync(next, "1 unfinished orchestrations continue");

        // Its answer comes before its next renewal: only the instance's ETag stands in the way.
        await LogsAsync(former, "This process owns the hub no longer");
        Assert.Equal("waited", (await next.EndOfAsync(id)).ReadOutputAs<string>());
        Assert.Equal(2, Seen.Of(id).Count(line => line == "began"));
        Assert.DoesNotContain(former.Log.Lines, line => line.Contains("ended: Completed", StringComparison.Ordinal));
        var answers = azurite.Tables().GetTableClient(_hub + "Durable").Query<TableEntity>(
            row => row.PartitionKey == id, cancellationToken: Cancellation);
        Assert.Single(answers, row => row.GetString("Kind") == "TaskCompleted");
    }

    private static Task LogsAsync(TestHost host, string part) =>
        Wait.UntilAsync(() => host.Log.Lines.Any(line => line.Contains(part, StringComparison.Ordinal)), part, TimeSpan.FromSeconds(20));
}
