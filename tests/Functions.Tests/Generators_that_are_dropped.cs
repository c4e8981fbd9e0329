using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace GanFunctions.Functions.Tests;

[Collection(nameof(SharedApp))]
public sealed class Generators_that_are_dropped(App app)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Are_named_by_every_call_that_needs_them_and_change_nothing_else()
    {
        await app.Http.TrainedAsync("tiny");
        var body = ApiCalls.Tiny("keeps-one");
        (body["keepGenerators"], body["keepTraining"]) = (1, 1);
        using var started = await app.Http.StartAsync(body);
        await app.Http.UntilAsync("keeps-one", "completed");
        var same = (await app.Http.LastCheckpointAsync("tiny"), await app.Http.LastCheckpointAsync("keeps-one"));
        using var extended = await app.Http.CallAsync("api/runs/keeps-one/extend", new { epochs = 2 });
        await app.Http.UntilAsync("keeps-one", "completed");

        Assert.Equal(same.Item1, same.Item2);
        var checkpoints = (await app.Http.JsonAsync("api/runs/keeps-one/checkpoints"))["checkpoints"]!.AsArray();
        Assert.Equal([1, 2, 3, 4], checkpoints.Select(each => (int)each!["epoch"]!));
        Assert.Equal([true, true, true, false], checkpoints.Select(each => each!["generator"] is null));
        foreach (var path in (string[])
        [
            "samples?epoch=2", "walk?epoch=2&frames=2&count=4", "between?epoch=2", "neighbours?epoch=2", "checkpoints/2/generator", "checkpoints/2/card",
        ])
        {
            using var gone = await app.Http.GetAsync($"api/runs/keeps-one/{path}", Cancellation);
            var problem = await gone.ReadAsync();
            Assert.Equal((HttpStatusCode.NotFound, "The generator was dropped."), (gone.StatusCode, (string)problem["title"]!));
            Assert.Equal(
                "Run 'keeps-one' does not keep the generator of epoch 2: its keepGenerators is 1. The generators of these epochs are kept: 4. "
                + "The sample grid of epoch 2 is kept as well.", (string)problem["detail"]!);
        }
        foreach (var path in (string[])["samples?epoch=4", "samples", "grids/2", "timelapse"])
        {
            using var kept = await app.Http.GetAsync($"api/runs/keeps-one/{path}", Cancellation);
            Assert.True(kept.StatusCode == HttpStatusCode.OK, $"{path}: {kept.StatusCode}");
        }
        var storage = await app.Http.JsonAsync("api/runs/keeps-one/storage");
        Assert.Equal((2, 4, 2 + 4 + 4 + 1), ((int)storage["files"]!["blobs"]!, (int)storage["grids"]!["blobs"]!, (int)storage["blobs"]!));
        Assert.InRange((long)storage["files"]!["bytes"]!, 1_000_000, (long)storage["bytes"]!);
    }

    [Fact]
    public async Task Cannot_be_started_from()
    {
        var body = ApiCalls.Tiny("keeps-last");
        (body["keepGenerators"], body["keepTraining"]) = (1, 1);
        using var started = await app.Http.StartAsync(body);
        await app.Http.UntilAsync("keeps-last", "completed");

        var from = ApiCalls.Tiny("from-dropped");
        from["initFrom"] = new JsonObject { ["run"] = "keeps-last", ["epoch"] = 1 };
        using var refused = await app.Http.PostAsJsonAsync("api/runs", from, Cancellation);

        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        Assert.Equal(
            "initFrom.epoch: 1 is not valid; its generator is no longer stored; it must be an epoch of the run keeps-last with a checkpoint: 2.",
            (string)(await refused.ReadAsync())["detail"]!);
    }

    [Fact]
    public async Task Leave_at_least_one()
    {
        var body = ApiCalls.Tiny("keeps-none");
        body["keepGenerators"] = 0;
        using var refused = await app.Http.StartAsync(body);

        Assert.Equal("keepGenerators: 0 is not valid; it must be a whole number from 1 to 99999.", (string)(await refused.ReadAsync())["detail"]!);
    }
}
