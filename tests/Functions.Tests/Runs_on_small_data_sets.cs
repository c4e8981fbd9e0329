using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace GanFunctions.Functions.Tests;

[Collection(nameof(SharedApp))]
public sealed class Runs_on_small_data_sets(App app)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Use_the_batch_size_that_fits_and_measure_no_quality()
    {
        await UploadAsync("fifty", 50);
        var body = new JsonObject { ["run"] = "fifty", ["dataset"] = "fifty", ["epochs"] = 1, ["widthMultiplier"] = 0.25, ["precision"] = "fp32", ["threads"] = 1 };

        using var dry = await app.Http.PostAsJsonAsync("api/runs?dryRun=true", body, Cancellation);
        using var started = await app.Http.StartAsync(body);

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.Accepted), (dry.StatusCode, started.StatusCode));
        var view = await app.Http.UntilAsync("fifty", "completed");
        Assert.All(
            (JsonNode[])[await dry.ReadAsync(), view["options"]!],
            options => Assert.Equal((45, 0), ((int)options["batchSize"]!, (int)options["qualitySamples"]!)));
        Assert.Equal(1, (int)view["progress"]!["stepsPerEpoch"]!);
    }

    [Fact]
    public async Task Are_refused_with_options_that_cannot_work()
    {
        await UploadAsync("fifty", 50);

        using var answer = await app.Http.StartAsync(new JsonObject
        {
            ["dataset"] = "fifty",
            ["batchSize"] = 64,
            ["qualitySamples"] = 200,
            ["patience"] = 3,
            ["conditional"] = true,
        });

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        const string Reason = "because the data set fifty has too few pictures to measure quality with: 45 for training and 5 for testing. "
            + "The minimum is 250 for training, or 50 each for training and testing.";
        Assert.Equal(
            [
                "batchSize: 64 is not valid; it must be a whole number from 2 to 45, the number of training pictures of the data set fifty.",
                "conditional: true is not valid; a conditional run needs at least two labels, and the data set fifty has 0.",
                $"patience: 3 is not valid; it must be null, {Reason}",
                $"qualitySamples: 200 is not valid; it must be 0, {Reason}",
            ],
            (await answer.ReadAsync())["errors"]!.AsObject().Select(error => (string)error.Value![0]!));
    }

    [Fact]
    public async Task Of_a_single_training_picture_are_refused()
    {
        await UploadAsync("single", 2);

        using var answer = await app.Http.StartAsync(new JsonObject { ["dataset"] = "single" });

        Assert.Equal(
            (HttpStatusCode.BadRequest, "dataset: \"single\" is not valid; it has 1 training picture, and a run needs at least 2."),
            (answer.StatusCode, (string)(await answer.ReadAsync())["detail"]!));
    }

    [Fact]
    public async Task Whose_upload_failed_are_refused_with_the_reason()
    {
        using var form = new MultipartFormDataContent { { new ByteArrayContent(Uploads.Idx(0x803, [64, 28, 28])[..5000]), "images", "cut.idx" } };
        using var taken = await app.Http.PutAsync("api/datasets/truncated", form, Cancellation);
        await app.Http.ConvertedAsync("truncated");

        using var answer = await app.Http.StartAsync(new JsonObject { ["dataset"] = "truncated" });

        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode);
        var problem = await answer.ReadAsync();
        Assert.StartsWith("its upload, which failed: images: it is truncated", (string)problem["tried"]!.AsArray().Single()!, StringComparison.Ordinal);
        Assert.StartsWith("upload it again; or use 'digits'", (string)problem["advice"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_identical_pictures_warn_and_measure_no_variety()
    {
        const int Count = 300;
        byte[] one = Uploads.Idx(0x803, [1, 28, 28]);
        byte[] images = [.. Uploads.Idx(0x803, [Count, 28, 28])[..16], .. Enumerable.Repeat(one[16..], Count).SelectMany(pixels => pixels)];
        using var form = new MultipartFormDataContent { { new ByteArrayContent(images), "images", "images" } };
        await app.Http.UploadAsync("identical", form);
        var body = ApiCalls.Tiny("identical");
        (body["dataset"], body["epochs"], body["qualitySamples"]) = ("identical", 1, 100);

        using var started = await app.Http.StartAsync(body);
        var view = await app.Http.UntilAsync("identical", "completed");

        Assert.Null(view["quality"]!["variety"]);
        Assert.StartsWith(
            "The pictures of the data set are nearly identical", (string)Assert.Single(view["warnings"]!.AsArray())!, StringComparison.Ordinal);
    }

    private async Task UploadAsync(string name, int pictures)
    {
        using var form = new MultipartFormDataContent { { new ByteArrayContent(Uploads.Idx(0x803, [pictures, 28, 28])), "images", "images" } };
        await app.Http.UploadAsync(name, form);
    }
}
