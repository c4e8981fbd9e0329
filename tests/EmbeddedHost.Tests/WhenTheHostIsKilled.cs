using Azure;
using Azure.Storage.Blobs.Specialized;
using GanFunctions.TestKit;

namespace GanFunctions.EmbeddedHost.Tests;

public sealed class WhenTheHostIsKilled(AzuriteFixture azurite) : IDisposable
{
    private readonly string _hub = TestHost.NewHub();
    private readonly string _steps = Path.GetTempFileName();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => File.Delete(_steps);

    [Fact]
    public async Task Again_and_again_the_orchestration_still_counts_every_step()
    {
        await using (var first = Start())
        {
            var http = await first.WaitUntilListeningAsync();
            (await http.PostAsync("/count/c/60", null, Cancellation)).EnsureSuccessStatusCode();
            await first.KillAsync();
        }

        foreach (var step in (int[])[5, 12, 19, 26])
        {
            await ExpireLeaseAsync();
            await using var next = Start();
            await Wait.UntilAsync(() => Counted >= step, $"step {step}", TimeSpan.FromSeconds(20));
            await next.KillAsync();
        }

        await ExpireLeaseAsync();
        await using var last = Start();
        await Wait.UntilAsync(() => Counted == 60, "the last step", TimeSpan.FromSeconds(20));
        var steps = (await File.ReadAllLinesAsync(_steps, Cancellation)).Select(int.Parse).ToList();
        Assert.Equal(Enumerable.Range(1, 60), steps.Distinct());
        // At most the one step under way at each kill is done twice, and nothing is done out of order.
        Assert.InRange(steps.Count, 60, 65);
        Assert.Equal(steps.Order(), steps);
    }

    [Fact]
    public async Task The_next_one_says_it_waits_for_the_lease_and_takes_over_in_time()
    {
        await using (var first = Start())
        {
            var http = await first.WaitUntilListeningAsync();
            (await http.PostAsync("/count/before/40", null, Cancellation)).EnsureSuccessStatusCode();
            await Wait.UntilAsync(() => Counted >= 3, "the third step");
            await first.KillAsync();
        }

        await using var second = Start();
        var client = await second.WaitUntilListeningAsync();
        await second.WaitForLineAsync("This process waits its turn; if that one was killed, for 15 seconds at most");
        (await client.PostAsync("/count/meanwhile/1", null, Cancellation)).EnsureSuccessStatusCode();
        await second.WaitForLineAsync("This process owns hub", TimeSpan.FromSeconds(17));
        await second.WaitForLineAsync("CountUp meanwhile ended: Completed", TimeSpan.FromSeconds(10));
        await second.WaitForLineAsync("CountUp before ended: Completed", TimeSpan.FromSeconds(20));
    }

    private int Counted => File.ReadAllLines(_steps).Select(line => int.TryParse(line, out var step) ? step : 0).DefaultIfEmpty().Max();

    /// <summary>What fifteen seconds do, at once. The one killed first may not have got as far as the lease.</summary>
    private async Task ExpireLeaseAsync()
    {
        try
        {
            var owner = azurite.Blobs().GetBlobContainerClient(_hub + "-leases").GetBlobClient("owner");
            await owner.GetBlobLeaseClient().BreakAsync(TimeSpan.Zero, cancellationToken: Cancellation);
        }
        catch (RequestFailedException e) when (e.Status is 404 or 409)
        {
        }
    }

    private AppProcess Start() => AppProcess.Start(
        Path.Combine(AppContext.BaseDirectory, "GanFunctions.EmbeddedHost.SampleApp.dll"),
        [
            "--urls", "http://127.0.0.1:0",
            "--AzureWebJobsStorage", azurite.ConnectionString,
            "--EmbeddedHost:HubName", _hub,
            "--Steps", _steps,
        ]);
}
