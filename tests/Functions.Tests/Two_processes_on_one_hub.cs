using System.Text.Json.Nodes;
using GanFunctions.TestKit;

namespace GanFunctions.Functions.Tests;

public sealed class Two_processes_on_one_hub
{
    [Fact]
    public async Task Train_two_runs_at_a_time_and_when_one_is_killed_the_other_completes_them_all_to_the_same_bytes()
    {
        await using var azurite = await AzuriteFixture.StartAsync();
        await using var first = App.Start(azurite.ConnectionString, App.ImpatientHub);
        await using var second = App.Start(azurite.ConnectionString, App.ImpatientHub);
        var http = await second.WaitUntilListeningAsync();
        await first.WaitUntilListeningAsync();
        await Bars.UploadedAsync(http);
        string[] runs = ["one", "two", "three", "four"];
        await Task.WhenAll(runs.Select(run => first.Client.StartAsync(Options(run))));

        // Both have started; either may own the partition.
        var begun = await Task.WhenAll(first.WaitForLineAsync("training from"), second.WaitForLineAsync("training from"));
        Assert.NotEqual(RunOf(begun[0]), RunOf(begun[1]));
        await first.KillAsync();

        foreach (var run in runs) await http.UntilAsync(run, "completed");
        await http.StartAsync(Options("uncut"));
        await http.UntilAsync("uncut", "completed");
        var expected = await http.LastCheckpointAsync("uncut");
        foreach (var run in runs) Assert.Equal(expected, await http.LastCheckpointAsync(run));
    }

    private static string RunOf(OutputLine line) => line.Text.Split("Run ")[1].Split(':')[0];

    private static JsonObject Options(string run)
    {
        var options = ApiCalls.Tiny(run, Bars.Name);
        (options["epochs"], options["imagesPerEpoch"]) = (2, 160);
        return options;
    }
}
