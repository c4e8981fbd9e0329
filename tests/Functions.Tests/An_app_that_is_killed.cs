using System.Text.Json.Nodes;
using GanFunctions.Functions.Tests.Faults;
using GanFunctions.TestKit;

namespace GanFunctions.Functions.Tests;

public sealed class An_app_that_is_killed(ITestOutputHelper output)
{
    private enum Moment
    {
        /// <summary>Any time.</summary>
        Random,

        /// <summary>While a blob of a checkpoint is being uploaded.</summary>
        BlobUpload,

        /// <summary>The manifest is written, but the pointer to the latest checkpoint is not.</summary>
        BeforePointer,
    }

    /// <summary>Killed at the two moments that matter most, or ten times in a soak test.</summary>
    [Fact]
    public async Task Repeatedly_ends_with_the_checkpoint_of_an_app_that_was_never_killed()
    {
        var seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        Moment[] moments = [Moment.BlobUpload, Moment.BeforePointer];
        if (Soak.IsOn) moments = [.. moments, .. moments, .. Enumerable.Repeat(Moment.Random, 6)];
        random.Shuffle(moments);

        await using var azurite = await AzuriteFixture.StartAsync();
        var body = ApiCalls.Tiny("");
        (body["epochs"], body["imagesPerEpoch"], body["batchSize"]) = (Soak.Count(3, 6), Soak.Count(64, 1280), Soak.Count(16, 32));
        (body["logEvery"], body["maxSliceSeconds"], body["widthMultiplier"]) = (Soak.Count(1, 5), 3, Soak.IsOn ? 1 : 0.25); // ten kills need a long run

        await using var slow = await FaultyStorage.StartAsync(azurite);
        var app = App.Start(slow.ConnectionString, App.ImpatientHub);
        try
        {
            var http = await app.WaitUntilListeningAsync();
            using (var started = await http.StartAsync(Named(body, "killed"))) Assert.True(started.IsSuccessStatusCode, app.Output);
            foreach (var moment in moments)
            {
                await app.WaitForLineAsync("Run killed: training from");
                await KillAtAsync(moment, app, slow, random);
                await app.DisposeAsync();
                app = App.Start(slow.ConnectionString, App.ImpatientHub);
                http = await app.WaitUntilListeningAsync();
            }
            Assert.NotEqual("completed", await http.StateAsync("killed")); // otherwise the last kills would have hit a completed run
            await http.UntilAsync("killed", "completed");
            using (var started = await http.StartAsync(Named(body, "whole"))) Assert.True(started.IsSuccessStatusCode, app.Output);
            await http.UntilAsync("whole", "completed");

            Assert.Equal(await http.LastCheckpointAsync("whole"), await http.LastCheckpointAsync("killed"));
            Assert.Equal(await http.LossesAsync("whole"), await http.LossesAsync("killed"));
        }
        finally
        {
            await app.DisposeAsync();
        }
    }

    private async Task KillAtAsync(Moment moment, AppProcess app, FaultyStorage slow, Random random)
    {
        switch (moment)
        {
            case Moment.BlobUpload:
                var upload = slow.CatchAsync(
                    call => call.Method == "PUT" && call.Target.Contains("/runs/killed/blobs/", StringComparison.Ordinal));
                await upload.WaitAsync(Wait.Patience);
                await app.WaitForLineAsync("uploading file"); // the log line appears shortly after the upload begins
                await app.KillAsync();
                output.WriteLine($"killed at {await upload}");
                break;
            case Moment.BeforePointer:
                var pointer = slow.CatchAsync(
                    call => call.Method == "PUT" && call.Target.EndsWith("/runs/killed/latest.json", StringComparison.Ordinal));
                await pointer.WaitAsync(Wait.Patience);
                await Wait.UntilAsync(() => LastWord().Contains("committed checkpoint", StringComparison.Ordinal), "the commit in the log");
                await app.KillAsync();
                output.WriteLine($"killed at {await pointer}; the log's last word: {LastWord().Trim()}");
                Assert.Contains("committed checkpoint", LastWord(), StringComparison.Ordinal); // the pointer has not been written
                break;
            default:
                await Task.Delay(random.Next(0, 1500)); // less than a slice, so that the run has not ended
                await app.KillAsync();
                output.WriteLine($"killed after: {app.Lines.LastOrDefault()?.Text.Trim()}");
                break;
        }

        string LastWord() => app.Lines.Last(line => line.Text.Contains("Run killed:", StringComparison.Ordinal)).Text;
    }

    private static JsonObject Named(JsonObject body, string run)
    {
        var named = body.DeepClone().AsObject();
        named["run"] = run;
        return named;
    }
}
