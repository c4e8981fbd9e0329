using Azure.Data.Tables;
using Azure.Storage.Blobs;
using GanFunctions.Core.Data;
using GanFunctions.Core.Data.Uploads;
using GanFunctions.Core.Runs;
using GanFunctions.TestKit;
using Microsoft.Extensions.Logging.Abstractions;

namespace GanFunctions.Core.Tests.Data;

/// <summary>Uploads like the app, but without the orchestration: the test runs the conversion.</summary>
internal sealed class Uploader(AzuriteFixture azurite, DatasetOptions? options = null)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private readonly TableClient _table = azurite.Tables().GetTableClient($"runs{Guid.NewGuid():n}");

    public BlobContainerClient Container { get; } = azurite.NewContainer();

    public ConversionStore Conversions => new(Container);

    public DatasetCatalog Catalog => Catalogs.Over(Container, options);

    public RunStore Runs => new(_table);

    public RawUpload Raw => new(Container, options ?? Catalogs.NoSources);

    private SourceDownload Download => new(
        Container, options ?? Catalogs.NoSources, new HttpClient(SourceDownload.CreateHandler(options ?? Catalogs.NoSources)), TimeProvider.System);

    /// <summary>A new worker, which shares no memory with others.</summary>
    public UploadConversion Worker => new(
        Container, options ?? Catalogs.NoSources, Raw, Download, async (dataset, token) => (await Runs.FindUnfinishedAsync(dataset, token))?.RowKey,
        TimeProvider.System, NullLogger<UploadConversion>.Instance);

    public async Task<Conversion> StageAsync(string name, Stream zip, ConversionRequest? request = null)
    {
        await CreateAsync();
        var upload = await new UploadStaging(Container, options ?? Catalogs.NoSources).StageAsync(
            name, (stream, cancellation) => zip.CopyToAsync(stream, cancellation), Cancellation);
        var staged = new Conversion(name, upload, TimeProvider.System.GetUtcNow()) { Request = request ?? new() };
        await Conversions.ReplaceAsync(staged, Cancellation);
        return staged;
    }

    /// <summary>Stages an upload and converts it completely, whether it succeeds or fails.</summary>
    public async Task<Conversion> UploadAsync(string name, Stream zip, ConversionRequest? request = null)
    {
        var staged = await StageAsync(name, zip, request);
        return await ConvertAsync(name, staged.Upload);
    }

    /// <summary>Uploads a file of any format in blocks, so that the conversion packs it, and converts it completely, whether it succeeds or fails.</summary>
    public async Task<Conversion> SendAsync(string name, byte[] file)
    {
        await CreateAsync();
        var upload = Guid.NewGuid().ToString("n");
        await Raw.StageBlockAsync(name, upload, 0, new MemoryStream(file), Cancellation);
        await Raw.CompleteAsync(name, upload, 1, Cancellation);
        await Conversions.ReplaceAsync(new Conversion(name, upload, TimeProvider.System.GetUtcNow()), Cancellation);
        return await ConvertAsync(name, upload);
    }

    /// <summary>Stages and converts an upload, which must succeed, and loads the data set.</summary>
    public async Task<Dataset> LoadAsync(string name, Stream zip, ConversionRequest? request = null)
    {
        var conversion = await UploadAsync(name, zip, request);
        Assert.True(conversion.State == ConversionState.Ready, conversion.Error);
        return await Catalog.LoadAsync(name, Cancellation);
    }

    private async Task CreateAsync()
    {
        await Container.CreateIfNotExistsAsync(cancellationToken: Cancellation);
        await _table.CreateIfNotExistsAsync(Cancellation);
    }

    private async Task<Conversion> ConvertAsync(string name, string upload)
    {
        while (!await Worker.ConvertAsync(name, upload, Cancellation))
        {
        }
        return (await Conversions.FindAsync(name, Cancellation))!;
    }

    /// <summary>Names of blobs below the data set's folders.</summary>
    public async Task<List<string>> FilesAsync() =>
        [.. (await Container.NamesOfBlobsAsync(Cancellation)).Where(name => name.Count(letter => letter == '/') == 3)];
}
