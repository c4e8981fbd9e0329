using System.Text.Json.Nodes;
using GanFunctions.TestKit;

namespace GanFunctions.Functions.Tests;

public sealed class A_sweep_that_is_killed
{
    [Fact]
    public async Task Has_the_results_of_one_that_was_never_killed()
    {
        await using var azurite = await AzuriteFixture.StartAsync();
        var app = App.Start(azurite.ConnectionString, App.ImpatientHub);
        try
        {
            var http = await app.WaitUntilListeningAsync();
            await http.UploadNoiseAsync();
            await http.StartSweepAsync(Body("killed"));
            await app.WaitForLineAsync("Run killed-3: training from");
            await app.KillAsync();
            await app.DisposeAsync();
            app = App.Start(azurite.ConnectionString, App.ImpatientHub);
            http = await app.WaitUntilListeningAsync();
            var killed = await http.SweepUntilAsync("killed", "completed");
            await http.StartSweepAsync(Body("whole"));
            var whole = await http.SweepUntilAsync("whole", "completed");

            Assert.Equal(SweepCalls.ResultsOf(whole), SweepCalls.ResultsOf(killed));
            Assert.InRange((int)whole["progress"]!["completed"]!, 2, 3);
        }
        finally
        {
            await app.DisposeAsync();
        }
    }

    // One trial at a time, so that the order of the results, on which promotions depend, is always the same
    private static JsonObject Body(string sweep) =>
        SweepCalls.Body(sweep, trials: 4, parallel: 1, epochs: 2, halving: new() { ["epochs"] = 1, ["factor"] = 2 });
}
