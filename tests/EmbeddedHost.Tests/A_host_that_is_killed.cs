using GanFunctions.TestKit;

namespace GanFunctions.EmbeddedHost.Tests;

public sealed class A_host_that_is_killed(AzuriteFixture azurite) : IDisposable
{
    private readonly string _hub = TestHost.NewHub();
    private readonly string _steps = Path.GetTempFileName();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => File.Delete(_steps);

    [Fact]
    public async Task Repeatedly_still_counts_every_step()
    {
        await using (var first = Start())
        {
            var http = await first.WaitUntilListeningAsync();
            (await http.PostAsync("/count/c/30", null, Cancellation)).EnsureSuccessStatusCode();
            await first.KillAsync();
        }

        foreach (var step in (int[])[5, 12, 19])
        {
            await using var next = Start();
            await next.WaitUntilAsync(() => Counted >= step, $"step {step}");
            await next.KillAsync();
        }

        await using var last = Start();
        await last.WaitUntilAsync(() => Counted == 30, "the last step");
        var steps = (await File.ReadAllLinesAsync(_steps, Cancellation)).Select(int.Parse).ToList();
        Assert.Equal(Enumerable.Range(1, 30), steps.Distinct());
        Assert.InRange(steps.Count, 30, 34); // only the step that is running at each kill may run twice
    }

    [Fact]
    public async Task Leaves_its_work_to_another_process_on_its_hub()
    {
        await using var killed = Start();
        await using var other = Start();
        var http = await killed.WaitUntilListeningAsync();
        await other.WaitUntilListeningAsync();
        (await http.PostAsync("/count/d/40", null, Cancellation)).EnsureSuccessStatusCode();
        await Wait.UntilAsync(() => Counted >= 3, "the third step");
        await killed.KillAsync();
        await other.WaitUntilAsync(() => Counted == 40, "the last step");
    }

    private int Counted => File.ReadAllLines(_steps).Select(line => int.TryParse(line, out var step) ? step : 0).DefaultIfEmpty().Max();

    // The work of a killed process is released after three seconds, so that these tests do not mostly wait.
    private AppProcess Start() => AppProcess.Start(
        Path.Combine(AppContext.BaseDirectory, "GanFunctions.EmbeddedHost.SampleApp.dll"),
        [
            "--urls", "http://127.0.0.1:0",
            "--AzureWebJobsStorage", azurite.ConnectionString,
            TestHost.Setting("hubName", _hub),
            TestHost.Setting("storageProvider:leaseInterval", "00:00:03"),
            TestHost.Setting("storageProvider:controlQueueVisibilityTimeout", "00:00:03"),
            TestHost.Setting("storageProvider:workItemQueueVisibilityTimeout", "00:00:03"),
            "--Logging:LogLevel:DurableTask.AzureStorage", "Information", // printed if a wait times out
            "--Steps", _steps,
        ]);
}
