using System.Net;
using GanFunctions.Core.Data;
using GanFunctions.Core.Data.Uploads;
using GanFunctions.TestKit;

namespace GanFunctions.Functions.Tests;

public sealed class Uploads_that_are_interrupted : IAsyncLifetime
{
    private const int Many = 20_000;
    private const int Limit = 20_000_000;
    private static readonly byte[][] Greys = [.. Enumerable.Range(0, 256).Select(value => Pictures.Png(value, side: 28))];
    private AzuriteFixture _azurite = null!;
    private AppProcess _app = null!;
    private HttpClient _http = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _azurite = await AzuriteFixture.StartAsync();
        await StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        await _azurite.DisposeAsync();
    }

    [Fact]
    public async Task By_a_killed_app_go_on_when_it_starts_again()
    {
        await PutAsync("many", Many);
        await UntilConvertingAsync("many");

        await _app.KillAsync();
        await _app.DisposeAsync();
        await StartAsync();

        var before = (await _http.JsonAsync("api/datasets/many"))["conversion"]!;
        Assert.NotEqual("staged", (string)before["state"]!);
        var view = await _http.ConvertedAsync("many");
        Assert.Equal((Many / 10 * 9, Many / 10, "ready"), ((int)view["train"]!, (int)view["test"]!, (string)view["conversion"]!["state"]!));
        await UntilFilesAreAsync("many", 3);
    }

    [Fact]
    public async Task By_another_one_are_dropped_and_by_removal_leave_nothing()
    {
        await PutAsync("pets", Many);
        await UntilConvertingAsync("pets");
        await PutAsync("pets", 50);

        var view = await _http.ConvertedAsync("pets");
        Assert.Equal((45, 5, 50), ((int)view["train"]!, (int)view["test"]!, (int)view["conversion"]!["total"]!));
        await UntilFilesAreAsync("pets", 3);

        await PutAsync("pets", Many);
        await UntilConvertingAsync("pets");
        Assert.Equal(45, (int)(await _http.JsonAsync("api/datasets/pets"))["train"]!); // the old one is served meanwhile
        using (var removed = await _http.DeleteAsync("api/datasets/pets", Cancellation)) Assert.Equal(HttpStatusCode.NoContent, removed.StatusCode);

        await UntilFilesAreAsync("pets", 0);
        using var none = await _http.GetAsync("api/datasets/pets", Cancellation);
        Assert.Equal(HttpStatusCode.NotFound, none.StatusCode);
    }

    [Fact]
    public async Task Before_anyone_was_asked_to_convert_them_are_taken_up_again()
    {
        var container = _azurite.Blobs().GetBlobContainerClient("gan");
        var upload = await new UploadStaging(container, new DatasetOptions()).StageAsync(
            "orphan", async (stream, cancellation) => await stream.WriteAsync(await Zip(30).ReadAsByteArrayAsync(cancellation), cancellation), Cancellation);
        await new ConversionStore(container).ReplaceAsync(
            new Conversion("orphan", upload, TimeProvider.System.GetUtcNow().AddMinutes(-6), null, null), Cancellation);

        Assert.Equal("ready", (string)(await _http.ConvertedAsync("orphan"))["conversion"]!["state"]!);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Since_they_are_too_large_get_413_and_leave_nothing(bool isLengthKnown)
    {
        var body = new byte[Limit + 1];
        ((byte[])[0x50, 0x4b, 3, 4]).CopyTo(body, 0);
        using var request = new HttpRequestMessage(HttpMethod.Put, "api/datasets/large") { Content = new ByteArrayContent(body) { Headers = { ContentType = new("application/zip") } } };
        (request.Headers.ExpectContinue, request.Headers.TransferEncodingChunked) = (isLengthKnown, !isLengthKnown);

        using var answer = await _http.SendAsync(request, Cancellation);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
        Assert.Equal(
            $"The upload has more than {Limit} bytes, which is the most that is taken (setting Datasets:MaxUploadBytes).", (string)(await answer.ReadAsync())["detail"]!);
        await UntilFilesAreAsync("large", 0);
    }

    private static ByteArrayContent Zip(int count) => Uploads.ZipOf([.. Enumerable.Range(0, count).Select(i => ($"{i}.png", Greys[i % 256]))]);

    private async Task StartAsync()
    {
        _app = App.Start(_azurite.ConnectionString, $"--Datasets:MaxUploadBytes={Limit}");
        _http = await _app.WaitUntilListeningAsync();
    }

    private async Task PutAsync(string name, int count)
    {
        using var zip = Zip(count);
        using var taken = await _http.PutAsync($"api/datasets/{name}", zip, Cancellation);
        Assert.Equal(HttpStatusCode.Accepted, taken.StatusCode);
    }

    private Task UntilConvertingAsync(string name) => Wait.UntilAsync(async () =>
    {
        var conversion = (await _http.JsonAsync($"api/datasets/{name}"))["conversion"]!;
        Assert.NotEqual("ready", (string)conversion["state"]!);
        return (int)conversion["done"]! > 0;
    }, $"{name} to be in conversion");

    private Task UntilFilesAreAsync(string name, int count) => Wait.UntilAsync(async () =>
    {
        var found = 0;
        await foreach (var blob in _azurite.Blobs().GetBlobContainerClient("gan").GetBlobsAsync(new() { Prefix = $"datasets/{name}/" }, Cancellation))
            if (blob.Name.Count(letter => letter == '/') == 3) found++;
        return found == count;
    }, $"{name} to have {count} files");
}
