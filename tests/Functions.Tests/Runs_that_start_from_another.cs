using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace GanFunctions.Functions.Tests;

[Collection(nameof(SharedApp))]
public sealed class Runs_that_start_from_another(App app)
{
    private const string Source = "tiny"; // two epochs of 64 pictures

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Name_what_they_start_from_and_do_not_need_it_any_more()
    {
        using var source = await app.Http.StartAsync(ApiCalls.Tiny("source"));
        await app.Http.UntilAsync("source", "completed");
        var last = (await app.Http.JsonAsync("api/runs/source/checkpoints"))["checkpoints"]!.AsArray()[^1]!;
        var body = ApiCalls.Tiny("tuned");
        (body["initFrom"], body["images"]) = (new JsonObject { ["run"] = "source" }, 100);
        foreach (var name in (string[])["epochs", "preset", "widthMultiplier", "hiddenUnits"]) body.Remove(name);

        using var dry = await app.Http.PostAsJsonAsync("api/runs?dryRun=true", body, Cancellation);
        var options = await dry.ReadAsync();
        using var started = await app.Http.StartAsync(body);
        using var deleted = await app.Http.DeleteAsync("api/runs/source", Cancellation);
        var view = await app.Http.UntilAsync("tuned", "completed");

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.Accepted, HttpStatusCode.NoContent), (dry.StatusCode, started.StatusCode, deleted.StatusCode));
        Assert.Equal(("source", 2), ((string)options["initFrom"]!["run"]!, (int)options["initFrom"]!["epoch"]!));
        Assert.Contains((string)options["initFrom"]!["generator"]!, last.ToJsonString(), StringComparison.Ordinal);
        Assert.Matches("^[0-9a-f]{64}$", (string)options["initFrom"]!["training"]!);
        options.Remove("estimate");
        Assert.True(JsonNode.DeepEquals(options, view["options"]), $"{options}\n{view["options"]}");
        Assert.Equal((2, 100), ((int)options["epochs"]!, (int)options["images"]!));
        Assert.Equal(("compact", 0.25, 0), ((string)options["preset"]!, (double)options["widthMultiplier"]!, (int)options["hiddenUnits"]!)); // as in the source
        Assert.Equal((128, 128), ((int)view["progress"]!["images"]!, (int)view["progress"]!["totalImages"]!));
        Assert.Contains(app.Process.Lines, line => line.Text.Contains("Run tuned: training from", StringComparison.Ordinal)
            && line.Text.EndsWith("from epoch 2 of source", StringComparison.Ordinal));

        // An export contains what the run started from, and the imported run trains the same bytes
        using var archive = new ByteArrayContent(await app.Http.GetByteArrayAsync("api/runs/tuned/export", Cancellation));
        using var imported = await app.Http.PutAsync("api/runs/tuned-moved/import", archive, Cancellation);
        Assert.Equal(HttpStatusCode.Created, imported.StatusCode);
        Assert.True(JsonNode.DeepEquals(options, (await imported.ReadAsync())["options"]));
        foreach (var run in (string[])["tuned", "tuned-moved"])
        {
            using var extended = await app.Http.CallAsync($"api/runs/{run}/extend", new { images = 65 });
            Assert.Equal((HttpStatusCode.Accepted, 4), (extended.StatusCode, (int)(await extended.ReadAsync())["progress"]!["epochs"]!));
        }
        foreach (var run in (string[])["tuned", "tuned-moved"]) await app.Http.UntilAsync(run, "completed");
        Assert.Equal(await app.Http.LastCheckpointAsync("tuned"), await app.Http.LastCheckpointAsync("tuned-moved"));
    }

    [Fact]
    public async Task Are_refused_with_all_that_is_wrong_at_once()
    {
        await app.Http.TrainedAsync(Source);
        using var form = new MultipartFormDataContent { { new ByteArrayContent(Uploads.Idx(0x803, [64, 32, 32])), "images", "images" } };
        await app.Http.UploadAsync("larger", form);

        Assert.Equal(
            [
                "batchSize: 0 is not valid; it must be a whole number from 2 to 1024.",
                "initFrom.run: \"tiny\" is not valid with the data set larger, whose pictures are 32x32x1: its networks are compact-28x28x1-w0.25, and the "
                    + "run needs compact-32x32x1-w0.25. It must be a run on pictures of the same size and channels, with the same networks, widthMultiplier and hiddenUnits.",
            ],
            await ErrorsAsync(new() { ["dataset"] = "larger", ["batchSize"] = 0, ["initFrom"] = new JsonObject { ["run"] = Source } }));
        using var largest = new MultipartFormDataContent { { new ByteArrayContent(Uploads.Idx(0x803, [64, 128, 128])), "images", "images" } };
        await app.Http.UploadAsync("largest", largest);
        Assert.Equal(
            ["preset: \"dcgan\" is not valid for pictures of 128x128x1; it must be \"compact\"."],
            await ErrorsAsync(new() { ["dataset"] = "largest", ["preset"] = "dcgan", ["initFrom"] = new JsonObject { ["run"] = Source } }));
        Assert.Equal(
            ["initFrom.epoch: 7 is not valid; it must be an epoch of the run tiny with a checkpoint: 1-2."],
            await ErrorsAsync(new() { ["dataset"] = "digits", ["initFrom"] = new JsonObject { ["run"] = Source, ["epoch"] = 7 } }));
        Assert.Equal(
            [$"initFrom.generator: \"{new string('a', 64)}\" is not valid; that checkpoint has another SHA-256; leave it out to take it as it is."],
            await ErrorsAsync(new() { ["dataset"] = "digits", ["initFrom"] = new JsonObject { ["run"] = Source, ["generator"] = new string('a', 64) } }));
        var errors = await ErrorsAsync(new() { ["dataset"] = "digits", ["epochs"] = 5, ["images"] = 9, ["initFrom"] = new JsonObject { ["run"] = "nobody" } });
        Assert.Equal("images: 9 and epochs: 5 are both given, and both set the length of the run; give one of them.", errors[0]);
        Assert.StartsWith("initFrom.run: \"nobody\" is not valid; there is no such run. Runs with a checkpoint: ", errors[1], StringComparison.Ordinal);
    }

    private async Task<List<string>> ErrorsAsync(JsonObject body)
    {
        using var answer = await app.Http.PostAsJsonAsync("api/runs?dryRun=true", body, Cancellation);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        return [.. (await answer.ReadAsync())["errors"]!.AsObject().Select(error => (string)error.Value![0]!)];
    }
}
