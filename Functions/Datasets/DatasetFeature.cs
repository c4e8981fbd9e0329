using System.Text.Json.Nodes;
using GanFunctions.Core.Data;
using GanFunctions.Core.Data.Uploads;
using GanFunctions.Core.Pictures;
using GanFunctions.Core.Runs;
using GanFunctions.Functions.Http;
using GanFunctions.Functions.OpenApi;

namespace GanFunctions.Functions.Datasets;

/// <summary>The calls of this feature, and the services behind them.</summary>
internal static class DatasetFeature
{
    private const string Path = "/api/datasets/{name}";
    private static readonly string[] Parts = ["images", "labels", "test-images", "test-labels"];

    private static readonly DatasetView Pets = new(
        "pets", "stored", true, 1800, 200, 2, ["cats", "dogs"], [0, 1], 64, 64, 64, 3,
        "9b74c9897bac770ffc029102a200c5de9b74c9897bac770ffc029102a200c5de", "Uploaded on 2026-01-31",
        new ConversionView(ConversionState.Ready, 2001, 2001, 1,
            [new FileProblem("cats/notes.txt", "it is not a picture, according to its name")],
            new ConversionChoice(64, 3, PictureFit.Crop, "black", ["The size is 64: half of the pictures have at least 120 pixels on their shorter side."]),
                null),
        new DatasetLinks("/api/datasets/pets", "/api/datasets/pets/preview"));

    private static readonly Response NoDataset = Response.NotFound(
        "There is no such data set.", "No such data set.", "There is no data set 'pets'. GET /api/datasets lists the data sets.");

    private static readonly Response InUse = Response.Conflict(
        "An unfinished run uses it.", "The data set is in use.", "Run 'first' uses 'pets'; cancel the run first.", "/api/runs/first");

    private static readonly Response WrongName = Response.Invalid(
        "name", new DatasetNameException("digits", "is built in and cannot be replaced or removed: choose another name").Message);

    /// <summary>Registers the feature.</summary>
    public static IServiceCollection AddDatasets(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSingleton(Feature);
        services.AddSingleton(new VipsRuntime()); // not on first use: it configures how libvips treats hostile files
        services.AddSingleton(configuration.GetSection("Datasets").Get<DatasetOptions>() ?? new DatasetOptions());
        // The catalog has its own timeouts, and reports what it tried.
        services.AddHttpClient(nameof(DatasetCatalog), client => client.Timeout = Timeout.InfiniteTimeSpan).RemoveAllLoggers();
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<DatasetCatalog>(
            provider, provider.GetRequiredService<IHttpClientFactory>().CreateClient(nameof(DatasetCatalog))));
        services.AddSingleton<ConversionStore>();
        services.AddSingleton<UploadStaging>();
        services.AddSingleton<RawUpload>();
        services.AddHttpClient(nameof(SourceDownload), client => client.Timeout = Timeout.InfiniteTimeSpan) // the conversion limits the time
            .ConfigurePrimaryHttpMessageHandler(provider => SourceDownload.CreateHandler(provider.GetRequiredService<DatasetOptions>())).RemoveAllLoggers();
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<SourceDownload>(
            provider, provider.GetRequiredService<IHttpClientFactory>().CreateClient(nameof(SourceDownload))));
        services.AddSingleton<FindRunOn>(provider => async (dataset, cancellation) =>
            (await provider.GetRequiredService<RunStore>().FindUnfinishedAsync(dataset, cancellation))?.RowKey);
        services.AddSingleton<UploadConversion>();
        return services.AddSingleton<ConversionStarter>();
    }

    /// <summary>The calls of this feature.</summary>
    public static Feature Feature { get; } = new("datasets", "Data sets to train on.",
    [
        new("ListDatasets", "get", "/api/datasets", "Lists data sets")
        {
            Responses = [new(200, "The data sets.", Media.Json(new DatasetList([Pets]))), Response.NoParameters],
        },
        new("GetDataset", "get", Path, "Gets a data set and the state of its latest upload")
        {
            Parameters = [Parameter.Dataset],
            Responses = [new(200, "The data set.", Media.Json(Pets)), Response.NoParameters, NoDataset],
        },
        new(nameof(GetDatasetStorage), "get", $"{Path}/storage", "Gets what a data set occupies in Blob Storage")
        {
            Parameters = [Parameter.Dataset],
            Responses = [new(200, "Size and number of its blobs.", Media.Json(new DatasetStorage("pets", 8_123_456, 4))), Response.NoParameters, NoDataset],
        },
        new(nameof(PutDataset), "put", Path, "Uploads a data set, replacing any existing one of that name")
        {
            Description = "The upload is stored as received and converted in the background; `conversion` reports the progress. "
                + "Until it is ready, an existing data set of that name stays in use.",
            Parameters =
            [
                Parameter.Dataset,
                PutDataset.Size, PutDataset.Channels, PutDataset.Fit, PutDataset.Background, PutDataset.Transpose, PutDataset.Upload,
                PutDataset.Blocks,
            ],
            Body = new(
                "A zip, tar or tar.gz archive of pictures, optionally in one folder per class, or of IDX, CSV or Parquet files; or a form with files. "
                + "The format is detected from the content, not from the media type. At most 2 GiB. Or JSON with the address of an archive, such as "
                + "`{\"source\": \"https://example.com/pets.zip\"}`, which is downloaded in the background; an address with a shared access signature works.",
                IsRequired: true,
                new("application/octet-stream"), new("application/zip"), new("application/x-tar"), new("application/gzip"), new("text/csv"),
                Media.Json(_ => SourceSchema, new JsonObject { ["source"] = "https://example.com/pets.zip" }),
                new("multipart/form-data", FormSchema)),
            Responses =
            [
                new(202, "The upload is complete and is waiting to be converted.", Media.Json(Pets with
                {
                    Conversion = new ConversionView(ConversionState.Staged, 0, 0, 0, [], null, null),
                })) { Headers = [Header.Location("/api/datasets/pets")] },
                Response.Invalid("size", "size: '30' is not valid; it must be one of 28, 32, 64, 128."),
                InUse,
                Response.TooLarge("The upload is too large.", DatasetProblems.WithSettings(new UploadTooLargeException(2L << 30).Message)),
            ],
        },
        new(nameof(PutBlock), "put", $"{Path}/uploads/{{upload}}/{{block}}", "Stores a block of an upload that is too large for one request")
        {
            Description = "Blocks may be sent in any order and in parallel. Sending a block again replaces it. When all are stored, `PutDataset` with `upload` "
                + "and `blocks` converts them. Unused blocks are removed after a week.",
            Parameters = [Parameter.Dataset, PutBlock.Upload, PutBlock.Block],
            Body = new("A part of the file. At most 100 MiB.", IsRequired: true, new Media("application/octet-stream")),
            Responses =
            [
                new(204, "The block is stored."),
                Response.Invalid("block", "block: '-1' is not valid; it must be a whole number from 0 to 9999."),
                Response.TooLarge("The upload is too large.", DatasetProblems.WithSettings(new UploadTooLargeException(100 << 20, "MaxBlockBytes").Message)),
            ],
        },
        new("DeleteDataset", "delete", Path, "Deletes a data set, and cancels its conversion if one is under way")
        {
            Parameters = [Parameter.Dataset],
            Responses = [new(204, "The data set is deleted."), WrongName, NoDataset, InUse],
        },
        new(nameof(GetPreview), "get", $"{Path}/preview", "Gets a grid of sample pictures of a data set, spread evenly over its classes")
        {
            Parameters = [Parameter.Dataset],
            Responses =
            [
                new(200, "The grid.", Media.Bytes(Format.Png)) { Headers = [Header.ETag, Header.CacheControl] },
                Response.NotModified,
                Response.NoParameters,
                NoDataset with { Description = "There is no such data set, or it is not stored yet." },
                new(503, "The memory is in use for another large data set.", Media.Problem(new Problem(
                    "https://tools.ietf.org/html/rfc9110#section-15.6.4", DatasetProblems.NoMemoryTitle, 503,
                    DatasetProblems.NoMemoryDetail(new DatasetMemoryException("pets")))))
                {
                    Headers = [Header.RetryAfter],
                },
            ],
        },
    ]);

    private static JsonObject SourceSchema => new()
    {
        ["type"] = "object",
        ["properties"] = new JsonObject { ["source"] = new JsonObject { ["type"] = "string", ["format"] = "uri" } },
        ["required"] = new JsonArray("source"),
        ["additionalProperties"] = false,
    };

    private static JsonObject FormSchema(Schemas schemas) => new()
    {
        ["type"] = "object",
        ["description"] = $"IDX files. Each is identified by its file name, or by the name of its part: {IdxParts.ValidNames}.",
        ["properties"] = new JsonObject(Parts.Select(part =>
            KeyValuePair.Create<string, JsonNode?>(part, new JsonObject { ["type"] = "string", ["contentMediaType"] = "application/octet-stream" }))),
    };
}
