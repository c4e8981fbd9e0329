using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace GanFunctions.Functions.Tests;

[Collection(nameof(SharedApp))]
public sealed class A_generator_to_download(App app)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Comes_in_both_formats_with_a_model_card()
    {
        var body = ApiCalls.Tiny("taken");
        (body["preset"], body["widthMultiplier"], body["conditional"]) = ("dcgan", 1, true);
        using var started = await app.Http.StartAsync(body);
        await app.Http.UntilAsync("taken", "completed");
        var (name, sha256, _) = await app.Http.LastCheckpointAsync("taken");

        var card = await app.Http.JsonAsync("api/runs/taken/checkpoints/2/card");

        Assert.Equal((1, "taken", 2, name), ((int)card["format"]!, (string)card["run"]!, (int)card["epoch"]!, (string)card["checkpoint"]!));
        Assert.Equal(("unconditional-image-generation", "pytorch"), ((string)card["pipelineTag"]!, (string)card["libraryName"]!));
        var architecture = card["architecture"]!;
        Assert.Equal(("dcgan-28x28x1", 28, 1, 100), (
            (string)architecture["name"]!, (int)architecture["side"]!, (int)architecture["channels"]!, (int)architecture["latentSize"]!));
        Assert.Equal(2_305_472 + 10 * 12_544, (int)architecture["parameters"]!);
        Assert.Equal(
            [
                "dense [12544,100] -> [256,7,7] leakyRelu", "up1 [256,128,5,5] -> [128,7,7] leakyRelu",
                "up2 [128,64,5,5] -> [64,14,14] leakyRelu", "up3 [64,1,5,5] -> [1,28,28] tanh",
            ],
            architecture["layers"]!.AsArray().Select(layer =>
                $"{layer!["name"]} {layer["weight"]!.ToJsonString()} -> {layer["output"]!.ToJsonString()} {layer["activation"]}"));
        var dataset = card["dataset"]!;
        Assert.Equal(("digits", 10), ((string)dataset["name"]!, (int)dataset["classes"]!));
        Assert.Equal((string)(await app.Http.JsonAsync("api/datasets/digits"))["sha256"]!, (string)dataset["sha256"]!);
        Assert.Equal(Enumerable.Range(0, 10), dataset["labels"]!.AsArray().Select(label => (int)label!));
        var training = card["training"]!;
        Assert.Equal(("dcgan", 2, 8, 128, "fp32"), (
            (string)training["preset"]!, (double)training["epochs"]!, (int)training["steps"]!, (int)training["pictures"]!, (string)training["precision"]!));
        Assert.Equal(16, (int)training["options"]!["batchSize"]!);
        Assert.Null(card["metrics"]);
        Assert.Equal("/api/runs/taken/samples?epoch=2&label=0", (string)card["sampling"]!["href"]!);

        var files = card["files"]!.AsArray();
        Assert.Equal(["safetensors", "onnx", "onnx"], files.Select(file => (string)file!["format"]!));
        Assert.Equal(sha256, (string)files[0]!["sha256"]!);
        foreach (var file in files)
        {
            var content = await app.Http.GetByteArrayAsync((string)file!["href"]!, Cancellation);
            Assert.Equal(((string)file["sha256"]!, (int)file["size"]!), (Convert.ToHexStringLower(SHA256.HashData(content)), content.Length));
        }
        Assert.NotEqual((string)files[1]!["sha256"]!, (string)files[2]!["sha256"]!); // the moving average and the raw weights
        Assert.Equal(
            (string)files[1]!["sha256"]!, // the default
            Convert.ToHexStringLower(SHA256.HashData(
                await app.Http.GetByteArrayAsync("api/runs/taken/checkpoints/latest/generator?format=onnx", Cancellation))));
    }

    [Theory]
    [InlineData("", "left-00002.safetensors", "left-00001.safetensors")]
    [InlineData("?format=onnx", "left-00002.onnx", "left-00001.onnx")]
    public async Task Is_not_sent_again_to_a_client_that_has_it(string query, string latestName, string firstName)
    {
        await TrainAsync();

        using var latest = await app.Http.GetAsync($"api/runs/left/checkpoints/latest/generator{query}", Cancellation);
        using var first = await app.Http.GetAsync($"api/runs/left/checkpoints/1/generator{query}", Cancellation);
        using var again = await AskAsync("1", first.Headers.ETag!);
        using var other = await AskAsync("2", first.Headers.ETag!);

        Assert.Equal((latestName, firstName), (NameOf(latest), NameOf(first)));
        Assert.Equal((true, TimeSpan.FromHours(1)), (latest.Headers.CacheControl!.NoCache, first.Headers.CacheControl!.MaxAge));
        Assert.Equal((HttpStatusCode.NotModified, first.Headers.ETag), (again.StatusCode, again.Headers.ETag));
        Assert.Equal((HttpStatusCode.OK, latest.Headers.ETag), (other.StatusCode, other.Headers.ETag));
        if (query == "") return;
        var content = Encoding.Latin1.GetString(await first.Content.ReadAsByteArrayAsync(Cancellation));
        foreach (var word in new[] { "compact-28x28x1", "safetensors_sha256", "left" }) Assert.Contains(word, content, StringComparison.Ordinal);
        using var raw = await app.Http.GetAsync("api/runs/left/checkpoints/1/generator?format=onnx&weights=raw", Cancellation);
        Assert.NotEqual(first.Headers.ETag, raw.Headers.ETag);

        async Task<HttpResponseMessage> AskAsync(string epoch, EntityTagHeaderValue has)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"api/runs/left/checkpoints/{epoch}/generator{query}")
            {
                Headers = { IfNoneMatch = { has } },
            };
            return await app.Http.SendAsync(request, Cancellation);
        }
    }

    [Theory]
    [InlineData("generator")]
    [InlineData("generator?format=onnx")]
    [InlineData("card")]
    public async Task Of_an_epoch_without_a_checkpoint_is_a_404(string what)
    {
        await TrainAsync();

        using var answer = await app.Http.GetAsync($"api/runs/left/checkpoints/9/{what}", Cancellation);

        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.Equal("Epoch 9 of run 'left' has no intact checkpoint; see /api/runs/left/checkpoints.", (string)(await answer.ReadAsync())["detail"]!);
    }

    [Fact]
    public async Task Of_an_unknown_architecture_is_refused_except_for_the_file_itself()
    {
        await TrainAsync();
        var file = await app.Http.GetByteArrayAsync("api/runs/left/checkpoints/2/generator", Cancellation);
        var strange = Encoding.Latin1.GetBytes(Encoding.Latin1.GetString(file).Replace("compact-28x28x1", "compact-99x99x9", StringComparison.Ordinal));
        var container = app.Azurite.Blobs().GetBlobContainerClient("gan");
        var second = (await container.GetBlobClient("runs/left/checkpoints/000-00002-000004.json").DownloadContentAsync(Cancellation)).Value.Content;
        var manifest = second.ToObjectFromJson<JsonObject>()!;
        (manifest["epoch"], manifest["generator"]!["sha256"]) = (3, Convert.ToHexStringLower(SHA256.HashData(strange)));
        await container.UploadBlobAsync($"runs/left/blobs/{manifest["generator"]!["sha256"]}", new BinaryData(strange), Cancellation);
        await container.UploadBlobAsync("runs/left/checkpoints/000-00003-000004.json", new BinaryData(manifest.ToJsonString()), Cancellation);

        foreach (var what in new[] { "generator?format=onnx", "card" })
        {
            using var answer = await app.Http.GetAsync($"api/runs/left/checkpoints/3/{what}", Cancellation);
            Assert.Equal(HttpStatusCode.Conflict, answer.StatusCode);
            Assert.Contains(
                "the architecture 'compact-99x99x9-w0.25', which this version does not support",
                (string)(await answer.ReadAsync())["detail"]!, StringComparison.Ordinal);
        }
        Assert.Equal(strange, await app.Http.GetByteArrayAsync("api/runs/left/checkpoints/3/generator", Cancellation));
    }

    // The first test to get here starts the run; the others reuse it.
    private Task TrainAsync() => app.Http.TrainedAsync("left");

    private static string? NameOf(HttpResponseMessage answer) => answer.Content.Headers.ContentDisposition?.FileName;
}
