using System.Net;
using GanFunctions.Core.Data;
using GanFunctions.Core.Data.Uploads;
using GanFunctions.Functions.Tests.Faults;
using GanFunctions.TestKit;

namespace GanFunctions.Functions.Tests;

public sealed class Uploads_that_are_interrupted(Uploads_that_are_interrupted.AppToInterrupt app) : IClassFixture<Uploads_that_are_interrupted.AppToInterrupt>
{
    private const int Chunk = 256;       // files that a conversion commits at a time
    private const int Many = 3 * Chunk;
    private const int Limit = 2_000_000;
    private static readonly byte[][] Greys = [.. Enumerable.Range(0, 256).Select(value => Pictures.Png(value, side: 28))];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task By_a_killed_app_continue_when_it_starts_again()
    {
        await PutUntilConvertingAsync("many");

        await app.KillAndStartAsync();

        var before = (await app.Http.JsonAsync("api/datasets/many"))["conversion"]!;
        Assert.NotEqual("staged", (string)before["state"]!);
        Assert.InRange((int)before["done"]!, Chunk, Many); // the progress from before the kill
        var view = await app.Http.ConvertedAsync("many");
        Assert.Equal((Many - Many / 10, Many / 10, "ready"), ((int)view["train"]!, (int)view["test"]!, (string)view["conversion"]!["state"]!));
        await UntilFilesAreAsync("many", 3);
    }

    [Fact]
    public async Task By_another_upload_are_dropped_and_by_deletion_leave_nothing_behind()
    {
        await PutUntilConvertingAsync("pets");
        await PutAsync("pets", 50);

        var view = await app.Http.ConvertedAsync("pets");
        Assert.Equal((45, 5, 50), ((int)view["train"]!, (int)view["test"]!, (int)view["conversion"]!["total"]!));
        await UntilFilesAreAsync("pets", 3);

        await PutUntilConvertingAsync("pets");
        Assert.Equal(45, (int)(await app.Http.JsonAsync("api/datasets/pets"))["train"]!); // the old data set stays in use meanwhile
        using (var removed = await app.Http.DeleteAsync("api/datasets/pets", Cancellation)) Assert.Equal(HttpStatusCode.NoContent, removed.StatusCode);

        await UntilFilesAreAsync("pets", 0);
        using var none = await app.Http.GetAsync("api/datasets/pets", Cancellation);
        Assert.Equal(HttpStatusCode.NotFound, none.StatusCode);
    }

    [Fact]
    public async Task Before_their_conversion_was_requested_are_recovered()
    {
        var container = app.Azurite.Blobs().GetBlobContainerClient("gan");
        var upload = await new UploadStaging(container, new DatasetOptions()).StageAsync(
            "orphan", async (stream, cancellation) => await stream.WriteAsync(await Zip(30).ReadAsByteArrayAsync(cancellation), cancellation), Cancellation);
        await new ConversionStore(container).ReplaceAsync(
            new Conversion("orphan", upload, TimeProvider.System.GetUtcNow().AddMinutes(-6)), Cancellation);

        Assert.Equal("ready", (string)(await app.Http.ConvertedAsync("orphan"))["conversion"]!["state"]!);
    }

    [Fact]
    public async Task Of_blocks_are_not_completed_again_while_they_are_converted()
    {
        await new ConversionStore(app.Azurite.Blobs().GetBlobContainerClient("gan")).ReplaceAsync(
            new Conversion("twice", "blocks-mine", TimeProvider.System.GetUtcNow()), Cancellation);
        using var nothing = new ByteArrayContent([]);

        using var again = await app.Http.PutAsync("api/datasets/twice?upload=mine&blocks=1", nothing, Cancellation);

        Assert.Equal(HttpStatusCode.BadRequest, again.StatusCode);
        Assert.Equal("upload: 'mine' is complete and is being converted; use another id for another upload.", (string)(await again.ReadAsync())["detail"]!);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Because_they_are_too_large_return_413_and_leave_nothing_behind(bool isLengthKnown)
    {
        var body = new byte[Limit + 1];
        ((byte[])[0x50, 0x4b, 3, 4]).CopyTo(body, 0);
        using var request = new HttpRequestMessage(HttpMethod.Put, "api/datasets/large")
        {
            Content = new ByteArrayContent(body) { Headers = { ContentType = new("application/zip") } },
        };
        (request.Headers.ExpectContinue, request.Headers.TransferEncodingChunked) = (isLengthKnown, !isLengthKnown);

        using var answer = await app.Http.SendAsync(request, Cancellation);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
        Assert.Equal(
            $"The upload exceeds the maximum of {Limit} bytes (setting Datasets:MaxUploadBytes).", (string)(await answer.ReadAsync())["detail"]!);
        await UntilFilesAreAsync("large", 0);
    }

    private static ByteArrayContent Zip(int count) => Uploads.ZipOf([.. Enumerable.Range(0, count).Select(i => ($"{i}.png", Greys[i % 256]))]);

    private async Task PutAsync(string name, int count)
    {
        using var zip = Zip(count);
        using var taken = await app.Http.PutAsync($"api/datasets/{name}", zip, Cancellation);
        Assert.Equal(HttpStatusCode.Accepted, taken.StatusCode);
    }

    /// <summary>Uploads enough pictures for a conversion in three parts, and returns when the second is held back on its way to storage.</summary>
    private async Task PutUntilConvertingAsync(string name)
    {
        var second = app.Storage.CatchAsync(
            call => call.Method == "PUT" && call.Target.EndsWith($"/pictures-{Chunk:D7}", StringComparison.Ordinal));
        await PutAsync(name, Many);
        await second.WaitAsync(Wait.Patience, Cancellation);
        await Wait.UntilAsync(
            async () => (int)(await app.Http.JsonAsync($"api/datasets/{name}"))["conversion"]!["done"]! >= Chunk, $"{name} to be converting");
    }

    private Task UntilFilesAreAsync(string name, int count) => Wait.UntilAsync(async () =>
    {
        var found = 0;
        await foreach (var blob in app.Azurite.Blobs().GetBlobContainerClient("gan").GetBlobsAsync(new() { Prefix = $"datasets/{name}/" }, Cancellation))
            if (blob.Name.Count(letter => letter == '/') == 3) found++;
        return found == count;
    }, $"{name} to have {count} files");

    /// <summary>An app whose requests to storage can be held back.</summary>
    public sealed class AppToInterrupt : IAsyncLifetime
    {
        private AzuriteFixture? _azurite;
        private FaultyStorage? _storage;
        private AppProcess? _app;

        public AzuriteFixture Azurite => _azurite!;

        public HttpClient Http => _app!.Client;

        internal FaultyStorage Storage => _storage!;

        public async ValueTask InitializeAsync()
        {
            _azurite = await AzuriteFixture.StartAsync();
            _storage = await FaultyStorage.StartAsync(_azurite);
            await StartAsync();
        }

        public async Task KillAndStartAsync()
        {
            await _app!.KillAsync();
            await _app.DisposeAsync();
            await StartAsync();
        }

        public async ValueTask DisposeAsync()
        {
            if (_app is not null) await _app.DisposeAsync();
            if (_storage is not null) await _storage.DisposeAsync();
            if (_azurite is not null) await _azurite.DisposeAsync();
        }

        private async Task StartAsync()
        {
            _app = App.Start(Storage.ConnectionString, $"--Datasets:MaxUploadBytes={Limit}");
            await _app.WaitUntilListeningAsync();
        }
    }
}
