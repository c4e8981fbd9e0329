using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using GanFunctions.TestKit;

namespace GanFunctions.Functions.Tests;

public sealed partial class A_run_on_several_workers
{
    private const int Steps = 30; // of an epoch: two rounds of 20 and 10

    [Fact]
    public async Task Is_trained_by_two_processes_and_ends_with_the_same_bytes_when_one_is_killed_or_it_is_paused()
    {
        await using var azurite = await AzuriteFixture.StartAsync();
        await using var first = App.Start(azurite.ConnectionString, App.ImpatientHub);
        await using var second = App.Start(azurite.ConnectionString, App.ImpatientHub);
        var http = await second.WaitUntilListeningAsync();
        await first.WaitUntilListeningAsync();

        // Killed while both train
        using (var started = await http.StartAsync(Options("killed"))) started.EnsureSuccessStatusCode();
        var begun = await Task.WhenAll(first.WaitForLineAsync("Run killed: worker"), second.WaitForLineAsync("Run killed: worker"));
        Assert.Equal(["0", "1"], begun.Select(line => WorkerIn().Match(line.Text).Groups[1].Value).Order());
        await first.KillAsync();
        await http.UntilAsync("killed", "completed");

        // Paused in mid-round
        using (var started = await http.StartAsync(Options("paused"))) started.EnsureSuccessStatusCode();
        await Wait.UntilAsync(async () => (int)(await http.JsonAsync("api/runs/paused"))["progress"]!["step"]! > 0, "the first steps");
        await http.CallAsync("api/runs/paused/pause");
        await http.UntilAsync("paused", "paused");
        await http.CallAsync("api/runs/paused/resume");
        await http.UntilAsync("paused", "completed");

        // Neither
        using (var started = await http.StartAsync(Options("uncut"))) started.EnsureSuccessStatusCode();
        await http.UntilAsync("uncut", "completed");
        var expected = await http.LastCheckpointAsync("uncut");
        Assert.Equal($"000-00002-{Steps:D6}", expected.Name);
        Assert.Equal(expected, await http.LastCheckpointAsync("killed"));
        Assert.Equal(expected, await http.LastCheckpointAsync("paused"));
        Assert.Equal(await http.LossesAsync("uncut"), await http.LossesAsync("killed"));

        // What the workers stored in between is gone
        var kept = (await http.JsonAsync("api/runs/uncut/storage"))["files"]!;
        Assert.Equal(kept.ToJsonString(), (await http.JsonAsync("api/runs/killed/storage"))["files"]!.ToJsonString());
    }

    private static JsonObject Options(string run)
    {
        var options = ApiCalls.Tiny(run);
        (options["workers"], options["roundSteps"], options["imagesPerEpoch"]) = (2, 20, Steps * 16);
        return options;
    }

    [GeneratedRegex("worker ([01]) trains")]
    private static partial Regex WorkerIn();
}
