using System.Net;
using System.Text.Json.Nodes;
using GanFunctions.TestKit;

namespace GanFunctions.Functions.Tests;

[Collection(nameof(SharedApp))]
public sealed class Projections_of_a_picture(App app)
{
    private const string Quick = "steps=40";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Find_a_picture_that_is_nearer_than_the_samples_and_are_computed_once()
    {
        var body = ApiCalls.Tiny("varied");
        body["widthMultiplier"] = 1; // a narrow network draws nearly the same picture whatever the noise, after so little training
        using var started = await app.Http.StartAsync(body);
        await app.Http.UntilAsync("varied", "completed");
        var picture = await app.Http.GetByteArrayAsync("api/runs/varied/samples?seed=99&count=1&scale=1", Cancellation);

        var (status, asked) = await AskAsync("varied", picture, Quick);
        var id = (string)asked["id"]!;
        var (_, again) = await AskAsync("varied", picture, Quick); // a retry
        var found = await CompletedAsync("varied", id);

        Assert.Equal((HttpStatusCode.Accepted, "queued", id), (status, (string)asked["state"]!, (string)again["id"]!));
        Assert.True((double)found["distance"]!["pixels"]! < (double)found["start"]!["distance"]!["pixels"]!, found.ToJsonString());
        Assert.Equal(100, found["latent"]!.AsArray().Count);
        Assert.Equal((HttpStatusCode.OK, found.ToJsonString()), await AsTextAsync(AskAsync("varied", picture, Quick)));
        var listed = (await app.Http.JsonAsync("api/runs/varied/projections"))["projections"]!.AsArray();
        Assert.Single(listed, each => (string)each!["id"]! == id);

        // The uploaded picture on the left, and what the latent vector gives on the right
        var both = Png.Pixels(await app.Http.GetByteArrayAsync($"api/runs/varied/projections/{id}/picture?scale=1", Cancellation)).Rows;
        Assert.Equal(Png.Pixels(picture).Rows, both.Select(row => row[..28]));
        var difference = Math.Sqrt(both.SelectMany(row => row[..28].Zip(row[30..], (one, other) => Math.Pow(one - other, 2))).Average());
        Assert.Equal((double)found["distance"]!["pixels"]!, difference, 0.01);
        using var webp = await app.Http.GetAsync($"api/runs/varied/projections/{id}/picture?format=webp", Cancellation);
        Assert.Equal("image/webp", webp.Content.Headers.ContentType?.MediaType);
    }

    [Fact]
    public async Task Use_the_features_and_the_classes_of_a_run_that_has_them_and_are_deleted_with_it()
    {
        await Bars.UploadedAsync(app.Http);
        var body = ApiCalls.Tiny("projected");
        (body["dataset"], body["conditional"], body["qualitySamples"]) = (Bars.Name, true, 100);
        using var started = await app.Http.StartAsync(body);
        await app.Http.UntilAsync("projected", "completed");
        var picture = Pictures.Png(128);

        var any = await CompletedAsync("projected", (string)(await AskAsync("projected", picture, $"{Quick}&epoch=1")).View["id"]!);
        var label = (int)any["label"]!;
        var other = await CompletedAsync("projected", (string)(await AskAsync("projected", picture, $"{Quick}&label={(label == 0 ? 1 : 0)}")).View["id"]!);

        Assert.True((double)any["distance"]!["features"]! > 0);
        Assert.Equal((1, 2), ((int)any["epoch"]!, (int)other["epoch"]!));
        Assert.Equal(label == 0 ? 1 : 0, (int)other["label"]!);
        Assert.Equal(2, (await app.Http.JsonAsync("api/runs/projected/projections"))["projections"]!.AsArray().Count);
        using var wrong = await app.Http.PostAsync("api/runs/projected/project?label=none", new ByteArrayContent(picture), Cancellation);
        Assert.StartsWith("label: 'none' is not valid; it must be one of ", (string)(await wrong.ReadAsync())["detail"]!, StringComparison.Ordinal);

        using var deleted = await app.Http.DeleteAsync("api/runs/projected", Cancellation);
        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
        using var none = await app.Http.GetAsync($"api/runs/projected/projections/{any["id"]}", Cancellation);
        Assert.Equal(HttpStatusCode.NotFound, none.StatusCode);
        var left = app.Azurite.Blobs().GetBlobContainerClient("gan").GetBlobsAsync(cancellationToken: Cancellation);
        Assert.DoesNotContain(
            await left.Select(blob => blob.Name).ToListAsync(Cancellation), name => name.StartsWith("runs/projected/", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("", "not a picture",
        "The picture cannot be read: it is not a picture and starts with \"not a pi\"; expected PNG, JPEG, WebP, GIF, TIFF, AVIF, BMP, PGM or PPM.")]
    [InlineData("", "", "The picture cannot be read: it is empty.")]
    [InlineData("?label=3", "any", "label: run 'tiny' is not conditional; leave label out, or start a run with conditional: true.")]
    [InlineData("?steps=501", "any", "steps: '501' is not valid; it must be a whole number from 1 to 500.")]
    [InlineData("?weights=raw", "any", "weights is not a parameter here; valid are epoch, label, seed, steps.")]
    public async Task Are_refused_with_what_is_wrong(string query, string body, string message)
    {
        await app.Http.TrainedAsync("tiny");

        using var answer = await app.Http.PostAsync($"api/runs/tiny/project{query}", new StringContent(body), Cancellation);

        Assert.Equal((HttpStatusCode.BadRequest, message), (answer.StatusCode, (string)(await answer.ReadAsync())["detail"]!));
    }

    [Fact]
    public async Task Require_a_checkpoint_and_an_id_that_exists()
    {
        await app.Http.TrainedAsync("tiny");

        using var epoch = await app.Http.PostAsync("api/runs/tiny/project?epoch=9", new ByteArrayContent(Pictures.Png(9)), Cancellation);
        using var unknown = await app.Http.GetAsync("api/runs/tiny/projections/none", Cancellation);
        using var picture = await app.Http.GetAsync("api/runs/tiny/projections/none/picture", Cancellation);

        Assert.Equal(
            [HttpStatusCode.NotFound, HttpStatusCode.NotFound, HttpStatusCode.NotFound], new[] { epoch, unknown, picture }.Select(answer => answer.StatusCode));
        Assert.Equal("Epoch 9 of run 'tiny' has no intact checkpoint; see /api/runs/tiny/checkpoints.", (string)(await epoch.ReadAsync())["detail"]!);
    }

    private async Task<(HttpStatusCode Status, JsonObject View)> AskAsync(string run, byte[] picture, string query)
    {
        using var content = new ByteArrayContent(picture);
        using var answer = await app.Http.PostAsync($"api/runs/{run}/project?{query}", content, Cancellation);
        var view = await answer.ReadAsync();
        Assert.True(answer.IsSuccessStatusCode, view.ToJsonString());
        Assert.Equal($"/api/runs/{run}/projections/{view["id"]}", answer.Headers.Location?.ToString());
        return (answer.StatusCode, view);
    }

    private async Task<JsonObject> CompletedAsync(string run, string id)
    {
        JsonObject? view = null;
        await Wait.UntilAsync(async () =>
        {
            view = await app.Http.JsonAsync($"api/runs/{run}/projections/{id}");
            if ((string)view["state"]! == "failed") Assert.Fail($"{id} failed: {view["error"]}");
            return (string)view["state"]! == "completed";
        }, $"projection {id}");
        return view!;
    }

    private static async Task<(HttpStatusCode, string)> AsTextAsync(Task<(HttpStatusCode Status, JsonObject View)> asking)
    {
        var (status, view) = await asking;
        return (status, view.ToJsonString());
    }
}
