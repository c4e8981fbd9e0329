using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using GanFunctions.TestKit;

namespace GanFunctions.Functions.Tests;

public sealed class A_training(App app)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task On_uploaded_MNIST_serves_pictures_while_it_goes_on()
    {
        await UploadMnistAsync();
        var body = ApiCalls.Tiny("mnist-two");
        (body["dataset"], body["imagesPerEpoch"], body["batchSize"], body["logEvery"]) = ("mnist", 6400, 64, 50);

        using var started = await app.Http.StartAsync(body);
        Assert.Equal((HttpStatusCode.Accepted, "/api/runs/mnist-two"), (started.StatusCode, started.Headers.Location?.ToString()));
        using (var early = await app.Http.GetAsync("api/runs/mnist-two/samples", Cancellation))
        {
            Assert.Equal(HttpStatusCode.NotFound, early.StatusCode);
            Assert.NotNull(early.Headers.RetryAfter);
        }
        await Wait.UntilAsync(async () => (await app.Http.JsonAsync("api/runs/mnist-two"))["checkpoint"] is not null, "the first checkpoint", TimeSpan.FromMinutes(3));
        using var pictures = await app.Http.GetAsync("api/runs/mnist-two/samples?count=10&columns=5&scale=1", Cancellation);
        Assert.Equal("training", await app.Http.StateAsync("mnist-two"));
        Assert.Equal((HttpStatusCode.OK, "image/png"), (pictures.StatusCode, pictures.Content.Headers.ContentType?.MediaType));
        Assert.Equal((5 * 30 - 2, 2 * 30 - 2), Png.Size(await pictures.Content.ReadAsByteArrayAsync(Cancellation)));

        await app.Http.UntilAsync("mnist-two", "completed");
        var checkpoints = (await app.Http.JsonAsync("api/runs/mnist-two/checkpoints"))["checkpoints"]!.AsArray();
        Assert.Equal(["000-00001-000100", "000-00002-000100"], checkpoints.Select(checkpoint => (string)checkpoint!["name"]!));
        var losses = await app.Http.JsonAsync("api/runs/mnist-two/losses");
        Assert.Equal([(1, 50), (1, 100), (2, 50), (2, 100)], losses["steps"]!.AsArray().Select(row => ((int)row!["epoch"]!, (int)row["step"]!)));
        Assert.Equal([1, 2], losses["epochs"]!.AsArray().Select(row => (int)row!["epoch"]!));
        Assert.All(losses["epochs"]!.AsArray(), row => Assert.True((double)row!["imagesPerSecond"]! > 0));
    }

    [Fact]
    public async Task Gives_its_losses_as_CSV_too()
    {
        await CompleteAsync("csv");

        using var request = new HttpRequestMessage(HttpMethod.Get, "api/runs/csv/losses");
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/csv"));
        using var response = await app.Http.SendAsync(request, Cancellation);

        var lines = (await response.Content.ReadAsStringAsync(Cancellation)).TrimEnd().Split('\n');
        Assert.Equal("attempt,epoch,step,discriminatorLoss,generatorLoss,realScore,fakeScore,imagesPerSecond,time,nonFinite,"
            + "frechetDistance,kernelDistance,variety,rarestShare,classEntropy,confidence", lines[0]);
        Assert.Equal(["0,1,2", "0,1,4", "0,1,", "0,2,2", "0,2,4", "0,2,"], lines.Skip(1).Select(line => string.Join(',', line.Split(',')[..3])));
    }

    [Fact]
    public async Task Draws_the_same_picture_whatever_is_drawn_beside_it()
    {
        await CompleteAsync("same");
        async Task<byte[]> DrawAsync(string query) => await app.Http.GetByteArrayAsync($"api/runs/same/samples?scale=1&{query}", Cancellation);

        var one = Png.Pixels(await DrawAsync("count=1&seed=7"));
        var many = Png.Pixels(await DrawAsync("count=100&seed=7&columns=10"));

        Assert.Equal(one.Rows, many.Rows[..28].Select(row => row[..28]));
        Assert.Equal(await DrawAsync("seed=7"), await DrawAsync("seed=7"));
        Assert.NotEqual(await DrawAsync("seed=7"), await DrawAsync("seed=8"));
        Assert.NotEqual(await DrawAsync("epoch=1"), await DrawAsync("epoch=2"));
        Assert.Equal(await DrawAsync("epoch=latest"), await DrawAsync("epoch=2"));
    }

    [Fact]
    public async Task Answers_304_to_who_has_the_pictures_already()
    {
        await CompleteAsync("tagged");
        using var first = await app.Http.GetAsync("api/runs/tagged/samples", Cancellation);
        foreach (var known in (EntityTagHeaderValue[])[first.Headers.ETag!, new(first.Headers.ETag!.Tag, isWeak: true), EntityTagHeaderValue.Any])
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "api/runs/tagged/samples");
            request.Headers.IfNoneMatch.Add(known);

            using var second = await app.Http.SendAsync(request, Cancellation);

            Assert.Equal(HttpStatusCode.NotModified, second.StatusCode);
            Assert.Empty(await second.Content.ReadAsByteArrayAsync(Cancellation));
        }
    }

    [Fact]
    public async Task That_is_the_newest_with_a_checkpoint_serves_the_pictures_of_no_name()
    {
        await CompleteAsync("newest");

        Assert.Equal(
            await app.Http.GetByteArrayAsync("api/runs/newest/samples?seed=1", Cancellation), await app.Http.GetByteArrayAsync("api/samples?seed=1", Cancellation));
    }

    [Fact]
    public async Task Can_be_deleted_whole_and_its_id_used_again()
    {
        await CompleteAsync("again");
        var before = await SampleAsync();
        using var deleted = await app.Http.DeleteAsync("api/runs/again", Cancellation);

        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
        using var gone = await app.Http.GetAsync("api/runs/again", Cancellation);
        Assert.Equal(HttpStatusCode.NotFound, gone.StatusCode);
        var container = app.Azurite.Blobs().GetBlobContainerClient("gan");
        Assert.Empty(await container.GetBlobsAsync(new Azure.Storage.Blobs.Models.GetBlobsOptions { Prefix = "runs/again/" }, Cancellation).ToListAsync(Cancellation));
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

    private async Task UploadMnistAsync()
    {
        var folder = SharedData.MnistOrSkip();
        using var zip = new MemoryStream();
        using (var archive = new ZipArchive(zip, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var file in Directory.GetFiles(folder)) archive.CreateEntryFromFile(file, Path.GetFileName(file), CompressionLevel.NoCompression);
        }
        zip.Position = 0;
        using var content = new StreamContent(zip) { Headers = { ContentType = new("application/zip") } };
        var stored = await app.Http.UploadAsync("mnist", content);
        Assert.Equal((60_000, 10_000), ((int)stored["train"]!, (int)stored["test"]!));
    }
}
