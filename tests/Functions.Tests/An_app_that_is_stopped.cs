using GanFunctions.TestKit;

namespace GanFunctions.Functions.Tests;

public sealed class An_app_that_is_stopped
{
    [Fact]
    public async Task Commits_where_it_stands_and_goes_on_from_there_at_the_next_start()
    {
        await using var azurite = await AzuriteFixture.StartAsync();
        await using (var app = App.Start(azurite.ConnectionString))
        {
            var http = await app.WaitUntilListeningAsync();
            using var started = await http.StartAsync(ApiCalls.Long("stopped"));
            await Wait.UntilAsync(async () => (int)(await http.JsonAsync("api/runs/stopped"))["progress"]!["step"]! > 3, "the first steps");

            Assert.Equal(0, await app.StopAsync(timeout: TimeSpan.FromSeconds(30)));

            Assert.Contains("Run stopped: committed checkpoint 000-00001-", app.Output, StringComparison.Ordinal);
        }
        await using var again = App.Start(azurite.ConnectionString);
        await again.WaitUntilListeningAsync();

        // The lease was given back: nobody waits for it to run out.
        var line = await again.WaitForLineAsync("Run stopped: training from attempt 0, epoch 1, step ", TimeSpan.FromSeconds(10));
        Assert.DoesNotContain("step 0", line.Text, StringComparison.Ordinal);
    }
}
