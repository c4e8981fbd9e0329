using System.Net;
using System.Text.Json.Nodes;

namespace GanFunctions.Functions.Tests;

[Collection(nameof(SharedApp))]
public sealed class The_best_epoch(App app)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Is_marked_can_be_requested_and_ends_a_run_that_stops_improving()
    {
        await Bars.UploadedAsync(app.Http);
        var body = ApiCalls.Tiny("bars");
        (body["dataset"], body["epochs"], body["learningRate"], body["emaDecay"]) = (Bars.Name, 60, 2e-2, 0);
        (body["qualitySamples"], body["patience"]) = (100, 1);
        using var started = await app.Http.StartAsync(body);

        var view = await app.Http.UntilAsync("bars", "completed");

        var epochs = (int)view["progress"]!["epoch"]!;
        Assert.InRange(epochs, 2, 59);
        Assert.Equal((1, epochs, epochs - 1), ((double)view["progress"]!["fraction"]!, (int)view["qualityEpoch"]!, (int)view["best"]!["epoch"]!));
        Assert.StartsWith($"The last measured epoch was no better than epoch {epochs - 1}, ", (string)view["stoppedEarly"]!, StringComparison.Ordinal);
        Assert.NotNull(view["warnings"]);
        Assert.Equal(4, view["quality"]!["classes"]!["shares"]!.AsArray().Count);
        var logged = (await app.Http.JsonAsync("api/runs/bars/losses"))["epochs"]!.AsArray().Select(row => (double)row!["frechetDistance"]!).ToList();
        Assert.Equal((epochs, logged.Min()), (logged.Count, (double)view["best"]!["frechetDistance"]!));
        var checkpoints = (await app.Http.JsonAsync("api/runs/bars/checkpoints"))["checkpoints"]!.AsArray();
        Assert.Equal([epochs - 1], checkpoints.Where(checkpoint => (bool)checkpoint!["best"]!).Select(checkpoint => (int)checkpoint!["epoch"]!));
        Assert.Equal(logged, checkpoints.Select(checkpoint => (double)checkpoint!["quality"]!["frechetDistance"]!));

        using var best = await app.Http.GetAsync("api/runs/bars/samples?epoch=best", Cancellation);
        Assert.Equal(
            await app.Http.GetByteArrayAsync($"api/runs/bars/samples?epoch={epochs - 1}", Cancellation), await best.Content.ReadAsByteArrayAsync(Cancellation));
        Assert.True(best.Headers.CacheControl!.NoCache); // another epoch may become the best

        var card = await app.Http.JsonAsync("api/runs/bars/checkpoints/best/card");
        Assert.Equal((epochs - 1, logged.Min()), ((int)card["epoch"]!, (double)card["metrics"]!["frechetDistance"]!));
        Assert.Equal(("bars", 270, 4), ((string)card["dataset"]!["name"]!, (int)card["dataset"]!["pictures"]!, (int)card["dataset"]!["classes"]!));
        Assert.Equal([0, 1, 2, 3], card["dataset"]!["labels"]!.AsArray().Select(label => (int)label!));
        Assert.Equal(
            await app.Http.GetByteArrayAsync($"api/runs/bars/checkpoints/{epochs - 1}/generator", Cancellation),
            await app.Http.GetByteArrayAsync("api/runs/bars/checkpoints/best/generator", Cancellation));

        var near = JsonNode.Parse(await app.Http.ReadyAsync("api/runs/bars/neighbours?seed=5&index=3&count=4&epoch=best"))!;
        var neighbours = near["neighbours"]!.AsArray();
        Assert.Equal((5, 3, 4), ((int)near["seed"]!, (int)near["index"]!, neighbours.Count));
        Assert.Equal(neighbours.OrderBy(neighbour => (double)neighbour!["distance"]!), neighbours);
        Assert.All(neighbours, neighbour => Assert.InRange((int)neighbour!["label"]!, 0, 3));
        var picture = await app.Http.ReadyAsync("api/runs/bars/neighbours?seed=5&index=3&count=4&epoch=best&format=png&scale=1");
        var drawn = await app.Http.GetByteArrayAsync("api/runs/bars/samples?seed=5&count=4&epoch=best&columns=4&scale=1", Cancellation);
        Assert.Equal((5 * 30 - 2, 28), Png.Size(picture));
        Assert.Equal(Png.Pixels(drawn).Rows.Select(row => row[90..118]), Png.Pixels(picture).Rows.Select(row => row[..28])); // the generated one is first

        using var extended = await app.Http.CallAsync("api/runs/bars/extend", new { epochs = 1 });
        Assert.Null((await extended.ReadAsync())["stoppedEarly"]);
        Assert.Equal(epochs + 1, (int)(await app.Http.UntilAsync("bars", "completed"))["progress"]!["epoch"]!);
    }

    [Fact]
    public async Task Is_a_409_if_quality_is_not_measured()
    {
        await app.Http.TrainedAsync("tiny");

        using var answer = await app.Http.GetAsync("api/runs/tiny/samples?epoch=best", Cancellation);

        Assert.Equal(HttpStatusCode.Conflict, answer.StatusCode);
        Assert.Equal("Run 'tiny' does not measure quality: its qualitySamples is 0.", (string)(await answer.ReadAsync())["detail"]!);
        using var generator = await app.Http.GetAsync("api/runs/tiny/checkpoints/best/generator", Cancellation);
        Assert.Equal(
            (answer.StatusCode, "Run 'tiny' does not measure quality: its qualitySamples is 0."),
            (generator.StatusCode, (string)(await generator.ReadAsync())["detail"]!));
    }
}
