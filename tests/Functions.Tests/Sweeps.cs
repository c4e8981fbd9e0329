using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using GanFunctions.TestKit;

namespace GanFunctions.Functions.Tests;

[Collection(nameof(SharedApp))]
public sealed class Sweeps(App app)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Train_every_trial_for_an_epoch_and_the_best_third_to_the_end()
    {
        await app.Http.UploadNoiseAsync();
        var body = SweepCalls.Body("asha", trials: 12, parallel: 2, epochs: 3, halving: new() { ["epochs"] = 1 });
        body["options"]!["qualityEvery"] = 9; // a trial's last epoch is measured all the same
        await app.Http.StartSweepAsync(body);

        var view = await app.Http.SweepUntilAsync("asha", "completed");

        SweepCalls.AssertBestThirdIsTrained(view);
        var trials = SweepCalls.TrialsOf(view);

        // Each trial is an ordinary run with its own options
        var best = await app.Http.JsonAsync($"api/runs/{view["best"]!["run"]}");
        Assert.Equal((double)view["best"]!["metric"]!, (double)best["quality"]!["frechetDistance"]!);
        Assert.Equal((double)view["best"]!["options"]!["learningRate"]!, (double)best["options"]!["learningRate"]!);
        Assert.Equal((int)view["best"]!["epochs"]!, (int)best["progress"]!["epochs"]!);

        var lines = (await app.Http.GetStringAsync("api/sweeps/asha/trials?format=csv", Cancellation)).TrimEnd().Split('\n');
        Assert.Equal((13, "trial,run,learningRate,beta1,state,rung,epochs,metric,error"), (lines.Length, lines[0]));
        Assert.Equal(
            trials.Select(trial => ((double)trial["metric"]!).ToString(CultureInfo.InvariantCulture)), lines.Skip(1).Select(line => line.Split(',')[7]));
        Assert.Contains((await app.Http.JsonAsync("api/sweeps"))["sweeps"]!.AsArray(), sweep => (string)sweep!["sweep"]! == "asha");
        using var running = await app.Http.CallAsync("api/sweeps/asha/cancel");
        Assert.Equal(
            (HttpStatusCode.Conflict, "The sweep 'asha' is completed; cancel requires one of the states queued, running, cancelling, cancelled."),
            (running.StatusCode, (string)(await running.ReadAsync())["detail"]!));
    }

    [Fact]
    public async Task Go_on_when_a_trial_is_ended_by_hand_and_end_all_runs_when_cancelled()
    {
        await app.Http.UploadNoiseAsync();
        await app.Http.StartSweepAsync(SweepCalls.Body("halted", trials: 4, parallel: 1, epochs: 9_999));

        // A paused trial waits
        await app.Http.SweepUntilAsync("halted", view => (string?)SweepCalls.TrialsOf(view)[0]["runState"] == "training", "training its first trial");
        await app.Http.CallAsync("api/runs/halted-1/pause");
        await app.Http.UntilAsync("halted-1", "paused");
        var paused = SweepCalls.TrialsOf(await app.Http.JsonAsync("api/sweeps/halted"));
        Assert.Equal(("running", "paused", "waiting"), ((string)paused[0]["state"]!, (string)paused[0]["runState"]!, (string)paused[1]["state"]!));
        using var refused = await app.Http.DeleteAsync("api/sweeps/halted", Cancellation);
        Assert.Equal(HttpStatusCode.Conflict, refused.StatusCode);

        // A cancelled or deleted one counts as failed, and the next begins
        await app.Http.CallAsync("api/runs/halted-1/cancel");
        var next = await app.Http.SweepUntilAsync("halted", view => SweepCalls.TrialsOf(view)[1]["runState"] is not null, "starting its second trial");
        Assert.Equal(("cancelled", "The run was cancelled."), ((string)SweepCalls.TrialsOf(next)[0]["state"]!, (string)SweepCalls.TrialsOf(next)[0]["error"]!));
        await app.Http.SweepUntilAsync("halted", view => (string?)SweepCalls.TrialsOf(view)[1]["runState"] == "training", "training its second trial");

        using var cancelled = await app.Http.CallAsync("api/sweeps/halted/cancel");
        Assert.Equal(HttpStatusCode.Accepted, cancelled.StatusCode);
        var view = await app.Http.SweepUntilAsync("halted", "cancelled");
        Assert.Equal(["cancelled", "cancelled", "waiting", "waiting"], SweepCalls.TrialsOf(view).Select(trial => (string)trial["state"]!));
        await app.Http.UntilAsync("halted-2", "cancelled");
        Assert.NotNull((await app.Http.JsonAsync("api/runs/halted-1"))["checkpoint"]);

        using var deleted = await app.Http.DeleteAsync("api/sweeps/halted?runs=true", Cancellation);
        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
        foreach (var path in (string[])["api/sweeps/halted", "api/runs/halted-1", "api/runs/halted-2"])
        {
            using var gone = await app.Http.GetAsync(path, Cancellation);
            Assert.Equal(HttpStatusCode.NotFound, gone.StatusCode);
        }
    }

    [Fact]
    public async Task End_at_their_limit_with_what_they_have_committed()
    {
        await app.Http.UploadNoiseAsync();
        var first = ApiCalls.Tiny("first-on-noise"); // stores the quality reference, so that the limit is for training
        (first["dataset"], first["imagesPerEpoch"], first["epochs"], first["qualitySamples"]) = ("few-noise", 32, 1, 100);
        using var started = await app.Http.StartAsync(first);
        await app.Http.UntilAsync("first-on-noise", "completed");
        var body = SweepCalls.Body("limited-sweep", trials: 3, parallel: 2, epochs: 9_999);
        body["maxMinutes"] = 0.1; // a slice is billed for a second at least
        await app.Http.StartSweepAsync(body);

        var view = await app.Http.SweepUntilAsync("limited-sweep", "completed");

        var reason = (string)view["stoppedEarly"]!;
        Assert.Matches(@"^The trials have been billed for [\d.]+ minutes of training: maxMinutes is 0.1\.$", reason);
        Assert.Null(view["error"]);
        Assert.Equal(["cancelled", "cancelled", "waiting"], SweepCalls.TrialsOf(view).Select(trial => (string)trial["state"]!));
        Assert.Equal([reason, reason, null], SweepCalls.TrialsOf(view).Select(trial => (string?)trial["error"]));
        var minutes = 0.0;
        foreach (var number in (int[])[1, 2])
        {
            var run = await app.Http.JsonAsync($"api/runs/limited-sweep-{number}");
            Assert.Equal(("cancelled", "limited-sweep"), ((string)run["state"]!, (string)run["sweep"]!));
            Assert.NotNull(run["checkpoint"]);
            minutes += (double)run["cost"]!["minutes"]!;
        }
        Assert.True(minutes >= 0.1, $"{minutes} minutes");
        Assert.Null(SweepCalls.TrialsOf(view)[2]["runState"]);
    }

    [Fact]
    public async Task Whose_trials_all_fail_have_failed()
    {
        await app.Http.UploadNoiseAsync();
        var body = SweepCalls.Body("diverging", trials: 2, parallel: 1, epochs: 2);
        body["space"] = new JsonObject { ["learningRate"] = new JsonArray(1000) };
        body["search"] = "grid";
        var options = body["options"]!; // with which Adam divides by almost zero
        (options["imagesPerEpoch"], options["batchSize"], options["adamEpsilon"], options["beta2"]) = (200, 2, 1e-12, 0);
        await app.Http.StartSweepAsync(body);

        var view = await app.Http.SweepUntilAsync("diverging", "failed");

        Assert.Equal("failed", (string)SweepCalls.TrialsOf(view)[0]["state"]!);
        Assert.StartsWith("No trial has a result. The training diverged", (string)view["error"]!, StringComparison.Ordinal);
        using var deleted = await app.Http.DeleteAsync("api/sweeps/diverging", Cancellation);
        Assert.Equal("failed", await app.Http.StateAsync("diverging-1")); // the run is kept
    }
}
