using System.Net;
using Azure;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using GanFunctions.Core.Data;
using GanFunctions.Core.Data.Uploads;
using GanFunctions.Core.Network;
using GanFunctions.TestKit;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;

namespace GanFunctions.Core.Tests.Data;

public sealed class An_upload_from_an_address(AzuriteFixture azurite)
{
    private static readonly DatasetOptions Private = Catalogs.NoSources with { AllowPrivateSources = true, MaxUploadBytes = 20_000_000 };
    private readonly Uploader _uploader = new(azurite, Private);
    private readonly CancellationToken _cancellation = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Is_downloaded_and_resumed_after_an_interruption_if_the_server_supports_it()
    {
        var zip = Idx.Zip([("1.png", PictureFiles.Grey(1)), ("2.png", PictureFiles.Grey(2)), ("noise.txt", Noise(9_000_000))]).ToArray();
        var (ranges, upload) = (new List<string>(), Guid.NewGuid().ToString("n"));
        var raw = _uploader.Container.GetBlockBlobClient($"datasets/mine/{upload}/raw");
        await using var server = await MirrorServer.ThatAnswersAsync(async context =>
        {
            ranges.Add(context.Request.Headers.Range.ToString());
            if (ranges.Count > 1)
            {
                await Results.Bytes(zip, enableRangeProcessing: true).ExecuteAsync(context);
                return;
            }
            context.Response.ContentLength = zip.Length;
            await context.Response.Body.WriteAsync(zip.AsMemory(0, 8_500_000), context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
            await UntilBlockIsStoredAsync(raw);
            context.Abort();
        });

        var state = await DownloadAsync(new Uri(server.Folder, "pets.zip"), upload: upload);

        Assert.True(state.State == ConversionState.Ready, state.Error);
        Assert.Equal(["", $"bytes={8 << 20}-"], ranges);
        Assert.Equal(3, (await _uploader.FilesAsync()).Count); // two parts and the preview
        Assert.Null(state.Request.Source); // the address may contain a signature
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task That_takes_several_calls_is_resumed_if_the_server_supports_it(bool supportsRanges)
    {
        var (file, time) = (Noise(17_000_000), new FakeTimeProvider());
        var options = Private with { AnswerTimeout = TimeSpan.FromDays(1), StallTimeout = TimeSpan.FromDays(1) };
        var raw = _uploader.Container.GetBlockBlobClient("datasets/mine/slow/raw");
        await _uploader.Container.CreateIfNotExistsAsync(cancellationToken: _cancellation);
        await using var server = await MirrorServer.ThatAnswersAsync(async context =>
        {
            if (supportsRanges && context.Request.Headers.Range.Count > 0)
            {
                await Results.Bytes(file, enableRangeProcessing: true).ExecuteAsync(context);
                return;
            }
            await context.Response.Body.WriteAsync(file.AsMemory(0, 9_000_000), context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
            await UntilBlockIsStoredAsync(raw);
            time.Advance(TimeSpan.FromMinutes(5));
            await context.Response.Body.WriteAsync(file.AsMemory(9_000_000), context.RequestAborted);
        });
        var download = new SourceDownload(_uploader.Container, options, new HttpClient(SourceDownload.CreateHandler(options)), time);
        Task<bool> CallAsync() => download.DownloadAsync("mine", "slow", new Uri(server.Folder, "pets.zip"), TimeSpan.FromMinutes(4), _cancellation);

        Assert.False(await CallAsync());
        if (supportsRanges)
        {
            Assert.True(await CallAsync());
            Assert.Equal(file, (await raw.DownloadContentAsync(_cancellation)).Value.Content.ToArray());
        }
        else
        {
            Assert.Contains("a server that supports range requests", (await Assert.ThrowsAsync<UploadRefusedException>(CallAsync)).Message);
        }
    }

    [Fact]
    public async Task That_stalls_repeatedly_fails()
    {
        await using var server = await MirrorServer.ThatStallsHalfwayAsync();
        var uploader = new Uploader(azurite, Private with { StallTimeout = TimeSpan.FromMilliseconds(200) });

        var failed = await DownloadAsync(new Uri(server.Folder, "pets.zip"), uploader);

        Assert.Equal($"{server.Folder}pets.zip: it cannot be downloaded (no response in time). Expected an address that can be downloaded.", failed.Error);
        Assert.Null(failed.Request.Source);
        Assert.Equal(4, server.Requests);
    }

    [Fact]
    public async Task That_the_server_refuses_or_that_is_too_large_fails_without_the_signature_in_the_error()
    {
        await using var missing = await MirrorServer.WithoutFilesAsync();
        await using var large = await MirrorServer.WithAnotherContentAsync(new byte[20_000_001]);
        await using var page = await MirrorServer.WithAnotherContentAsync("<html>sign in</html>"u8.ToArray());

        string Of(MirrorServer server) => $"{server.Folder}x.zip";

        Assert.StartsWith($"{Of(missing)}: the server answers 404. Expected 200", (await DownloadAsync(new Uri($"{Of(missing)}?sig=secret"))).Error);
        Assert.Equal(
            $"{Of(large)}: it is too large. Expected at most 20000000 bytes (limit MaxUploadBytes).",
                (await DownloadAsync(new Uri($"{Of(large)}?sig=secret"))).Error);
        Assert.StartsWith("the upload: it is an HTML page; only zip, tar", (await DownloadAsync(new Uri(Of(page)))).Error, StringComparison.Ordinal);
        Assert.Empty(await _uploader.FilesAsync());
    }

    [Fact]
    public async Task In_blocks_has_limits_for_a_block_and_for_all()
    {
        var uploader = new Uploader(azurite, Catalogs.NoSources with { MaxBlockBytes = 1000, MaxUploadBytes = 1500 });
        await uploader.Container.CreateAsync(cancellationToken: _cancellation);
        Task StageAsync(int index, int bytes) => uploader.Raw.StageBlockAsync("mine", "blocks-a", index, new MemoryStream(new byte[bytes]), _cancellation);

        Assert.Contains("limit MaxBlockBytes", (await Assert.ThrowsAsync<UploadTooLargeException>(() => StageAsync(0, 1001))).Message);
        await StageAsync(0, 1000);
        await StageAsync(1, 1000);
        Assert.Contains("limit MaxUploadBytes", (await Assert.ThrowsAsync<UploadTooLargeException>(CompleteAsync)).Message);
        await StageAsync(1, 500);
        await CompleteAsync(); // 1,500 bytes, as many as are allowed

        Task CompleteAsync() => uploader.Raw.CompleteAsync("mine", "blocks-a", 2, _cancellation);
    }

    [Theory]
    [InlineData("127.0.0.1", false)]
    [InlineData("10.1.2.3", false)]
    [InlineData("169.254.169.254", false)] // the metadata service of Azure
    [InlineData("::1", false)]
    [InlineData("::ffff:192.168.0.1", false)]
    [InlineData("fd00::1", false)]
    [InlineData("::10.0.0.1", false)]
    [InlineData("64:ff9b::a00:1", false)]
    [InlineData("2002:a00:1::1", false)]
    [InlineData("20.60.1.1", true)]
    [InlineData("2603:1030::1", true)]
    public void Must_not_be_in_a_private_network(string address, bool isPublic) => Assert.Equal(isPublic, PublicNetwork.IsPublic(IPAddress.Parse(address)));

    private async Task<Conversion> DownloadAsync(Uri source, Uploader? with = null, string? upload = null)
    {
        var uploader = with ?? _uploader;
        await uploader.Container.CreateIfNotExistsAsync(cancellationToken: _cancellation);
        var staged = new Conversion("mine", upload ?? Guid.NewGuid().ToString("n"), TimeProvider.System.GetUtcNow()) { Request = new(Source: source) };
        await uploader.Conversions.ReplaceAsync(staged, _cancellation);
        while (!await uploader.Worker.ConvertAsync("mine", staged.Upload, _cancellation))
        {
        }
        return (await uploader.Conversions.FindAsync("mine", _cancellation))!;
    }

    private Task UntilBlockIsStoredAsync(BlockBlobClient raw) => Wait.UntilAsync(() => HasBlockAsync(raw), "a stored block");

    private async Task<bool> HasBlockAsync(BlockBlobClient raw)
    {
        try
        {
            return (await raw.GetBlockListAsync(BlockListTypes.Uncommitted, cancellationToken: _cancellation)).Value.UncommittedBlocks.Any();
        }
        catch (RequestFailedException none) when (none.Status == (int)HttpStatusCode.NotFound)
        {
            return false;
        }
    }

    private static byte[] Noise(int bytes)
    {
        var noise = new byte[bytes];
        new Random(1).NextBytes(noise);
        return noise;
    }
}
