using GanFunctions.TestKit;

namespace GanFunctions.Functions.Tests;

public sealed class An_app_that_is_stopped
{
    /// <summary>Twice, or ten times in a soak test.</summary>
    [Fact]
    public async Task Commits_its_state_resumes_from_it_at_the_next_start_and_fails_no_run_however_often()
    {
        await using var azurite = await AzuriteFixture.StartAsync();
        await using (var app = App.Start(azurite.ConnectionString))
        {
            var http = await app.WaitUntilListeningAsync();
            using var started = await http.StartAsync(ApiCalls.Long("stopped"));
            await Wait.UntilAsync(async () => (int)(await http.JsonAsync("api/runs/stopped"))["progress"]!["step"]! > 3, "the first steps");

            Assert.Equal(0, await app.StopAsync());

            Assert.Contains("Run stopped: committed checkpoint 000-00001-", app.Output, StringComparison.Ordinal);
            Assert.DoesNotContain("   at ", app.Output, StringComparison.Ordinal); // no stack trace
        }
        for (var stop = 2; stop <= Soak.Count(2, 10); stop++)
        {
            await using var app = App.Start(azurite.ConnectionString);
            await app.WaitForLineAsync("Run stopped: training from");
            Assert.Equal(0, await app.StopAsync());
            Assert.DoesNotContain("   at ", app.Output, StringComparison.Ordinal);
        }
        await using var again = App.Start(azurite.ConnectionString);
        await again.WaitUntilListeningAsync();

        var line = await again.WaitForLineAsync("Run stopped: training from attempt 0, epoch 1, step ");
        Assert.DoesNotContain("step 0", line.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ends_a_computation_for_a_request_first()
    {
        await using var azurite = await AzuriteFixture.StartAsync();
        await using var app = App.Start(azurite.ConnectionString);
        var http = await app.WaitUntilListeningAsync();
        await http.TrainedAsync("tiny");
        using var asking = new CancellationTokenSource();
        var asked = http.GetAsync("api/runs/tiny/neighbours", asking.Token);
        await app.WaitForLineAsync("Data set digits: building its quality reference");

        Assert.Equal(0, await app.StopAsync());

        Assert.DoesNotContain("built quality reference", app.Output, StringComparison.Ordinal);
        await asking.CancelAsync();
        await Record.ExceptionAsync(() => asked);
    }
}
