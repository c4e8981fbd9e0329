using System.Net;
using System.Net.Http.Headers;
using GanFunctions.TestKit;

namespace GanFunctions.Functions.Tests;

[Collection(nameof(SharedApp))]
public sealed class A_training(App app)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task On_uploaded_MNIST_serves_pictures_while_it_continues()
    {
        await UploadMnistAsync(Soak.Count(1_000, 60_000));
        var steps = Soak.Count(10, 100);
        var body = ApiCalls.Tiny("mnist");
        // enough epochs that it continues throughout the test
        (body["dataset"], body["batchSize"], body["logEvery"], body["epochs"]) = ("mnist", 64, steps / 2, 1000);
        body["imagesPerEpoch"] = 64 * steps;

        using var started = await app.Http.StartAsync(body);
        Assert.Equal((HttpStatusCode.Accepted, "/api/runs/mnist"), (started.StatusCode, started.Headers.Location?.ToString()));
        using (var early = await app.Http.GetAsync("api/runs/mnist/samples", Cancellation))
        {
            Assert.Equal(HttpStatusCode.NotFound, early.StatusCode);
            Assert.NotNull(early.Headers.RetryAfter);
        }
        await Wait.UntilAsync(async () => (await app.Http.JsonAsync("api/runs/mnist"))["checkpoint"] is not null, "the first checkpoint");
        using var pictures = await app.Http.GetAsync("api/runs/mnist/samples?count=10&columns=5&scale=1", Cancellation);
        Assert.Equal((HttpStatusCode.OK, "image/png"), (pictures.StatusCode, pictures.Content.Headers.ContentType?.MediaType));
        Assert.Equal((5 * 30 - 2, 2 * 30 - 2), Png.Size(await pictures.Content.ReadAsByteArrayAsync(Cancellation)));

        await Wait.UntilAsync(async () => (await CheckpointsAsync()).Count >= 2, "the second epoch");
        await app.Http.CallAsync("api/runs/mnist/cancel");
        await app.Http.UntilAsync("mnist", "cancelled");
        Assert.Equal([$"000-00001-{steps:D6}", $"000-00002-{steps:D6}"], (await CheckpointsAsync())[..2]);
        var losses = await app.Http.JsonAsync("api/runs/mnist/losses");
        Assert.Equal(
            [(1, steps / 2), (1, steps), (2, steps / 2), (2, steps)],
            losses["steps"]!.AsArray().Take(4).Select(row => ((int)row!["epoch"]!, (int)row["step"]!)));
        Assert.Equal([1, 2], losses["epochs"]!.AsArray().Take(2).Select(row => (int)row!["epoch"]!));
        Assert.All(losses["epochs"]!.AsArray(), row => Assert.True((double)row!["imagesPerSecond"]! > 0));

        async Task<List<string>> CheckpointsAsync() =>
            [.. (await app.Http.JsonAsync("api/runs/mnist/checkpoints"))["checkpoints"]!.AsArray().Select(checkpoint => (string)checkpoint!["name"]!)];
    }

    [Fact]
    public async Task Serves_its_losses_as_CSV_too()
    {
        await app.Http.TrainedAsync("tiny");

        using var request = new HttpRequestMessage(HttpMethod.Get, "api/runs/tiny/losses");
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/csv"));
        using var response = await app.Http.SendAsync(request, Cancellation);

        var lines = (await response.Content.ReadAsStringAsync(Cancellation)).TrimEnd().Split('\n');
        Assert.Equal("attempt,epoch,step,discriminatorLoss,generatorLoss,realScore,fakeScore,imagesPerSecond,time,nonFinite,"
            + "frechetDistance,kernelDistance,variety,rarestShare,classEntropy,confidence,precision,recall,density,coverage", lines[0]);
        Assert.Equal(["0,1,2", "0,1,4", "0,1,", "0,2,2", "0,2,4", "0,2,"], lines.Skip(1).Select(line => string.Join(',', line.Split(',')[..3])));
    }

    [Fact]
    public async Task Draws_the_same_picture_alone_and_among_others()
    {
        await app.Http.TrainedAsync("tiny");
        async Task<byte[]> DrawAsync(string query) => await app.Http.GetByteArrayAsync($"api/runs/tiny/samples?scale=1&{query}", Cancellation);

        var one = Png.Pixels(await DrawAsync("count=1&seed=7"));
        var many = Png.Pixels(await DrawAsync("count=100&seed=7&columns=10"));

        Assert.Equal(one.Rows, many.Rows[..28].Select(row => row[..28]));
        Assert.Equal(await DrawAsync("seed=7"), await DrawAsync("seed=7"));
        Assert.NotEqual(await DrawAsync("seed=7"), await DrawAsync("seed=8"));
        Assert.NotEqual(await DrawAsync("epoch=1"), await DrawAsync("epoch=2"));
        Assert.Equal(await DrawAsync("epoch=latest"), await DrawAsync("epoch=2"));
    }

    [Fact]
    public async Task Returns_304_to_a_client_that_has_the_pictures()
    {
        await app.Http.TrainedAsync("tiny");
        using var first = await app.Http.GetAsync("api/runs/tiny/samples", Cancellation);
        foreach (var known in (EntityTagHeaderValue[])[first.Headers.ETag!, new(first.Headers.ETag!.Tag, isWeak: true), EntityTagHeaderValue.Any])
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "api/runs/tiny/samples");
            request.Headers.IfNoneMatch.Add(known);

            using var second = await app.Http.SendAsync(request, Cancellation);

            Assert.Equal(HttpStatusCode.NotModified, second.StatusCode);
            Assert.Empty(await second.Content.ReadAsByteArrayAsync(Cancellation));
        }
    }

    [Fact]
    public async Task That_is_the_newest_with_a_checkpoint_serves_requests_that_name_no_run()
    {
        await CompleteAsync("newest");

        Assert.Equal(
            await app.Http.GetByteArrayAsync("api/runs/newest/samples?seed=1", Cancellation),
            await app.Http.GetByteArrayAsync("api/samples?seed=1", Cancellation));
    }

    [Fact]
    public async Task Can_be_deleted_and_its_id_used_again()
    {
        await CompleteAsync("again");
        var before = await SampleAsync();
        using var deleted = await app.Http.DeleteAsync("api/runs/again", Cancellation);

        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
        using var gone = await app.Http.GetAsync("api/runs/again", Cancellation);
        Assert.Equal(HttpStatusCode.NotFound, gone.StatusCode);
        var container = app.Azurite.Blobs().GetBlobContainerClient("gan");
        Assert.Empty(await container.GetBlobsAsync(new Azure.Storage.Blobs.Models.GetBlobsOptions { Prefix = "runs/again/" }, Cancellation)
            .ToListAsync(Cancellation));
        await CompleteAsync("again", seed: 2);
        Assert.NotEqual(before, await SampleAsync());

        Task<byte[]> SampleAsync() => app.Http.GetByteArrayAsync("api/runs/again/samples?seed=1", Cancellation);
    }

    private async Task CompleteAsync(string run, int seed = 1)
    {
        var body = ApiCalls.Tiny(run);
        body["seed"] = seed;
        using var started = await app.Http.StartAsync(body);
        started.EnsureSuccessStatusCode();
        await app.Http.UntilAsync(run, "completed");
    }

    private async Task UploadMnistAsync(int count)
    {
        using var content = Mnist.Zip(count);
        var stored = await app.Http.UploadAsync("mnist", content);
        Assert.Equal((count, count / 6), ((int)stored["train"]!, (int)stored["test"]!));
    }
}
