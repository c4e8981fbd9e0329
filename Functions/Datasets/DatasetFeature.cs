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
        "pets", "stored", true, 1800, 200, 2, ["cats", "dogs"], 64, 64, 64, 3, "9b74c9897bac770ffc029102a200c5de9b74c9897bac770ffc029102a200c5de", "Uploaded on 2026-01-31",
        new ConversionView(ConversionState.Ready, 2001, 2001, 1, [new FileProblem("cats/notes.txt", "it is no picture: it begins with 4e6f7465")], null),
        new DatasetLinks("/api/datasets/pets", "/api/datasets/pets/preview"));

    private static readonly Answer NoDataset = Answer.NotFound(
        "There is no such data set.", "No such data set.", "There is no data set 'pets' stored. GET /api/datasets lists those there are.");

    private static readonly Answer InUse = Answer.Conflict(
        "A run that is not finished needs it.", "The data set is in use.", "Run 'first' still needs 'pets'; cancel it first.", "/api/runs/first");

    private static readonly Answer WrongName = Answer.Invalid("name", new DatasetNameException("digits", "is built in and can be neither replaced nor removed: choose another name").Message);

    /// <summary>Registers the feature.</summary>
    public static IServiceCollection AddDatasets(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSingleton(Feature);
        services.AddSingleton(new VipsRuntime()); // at once: it settles how libvips treats hostile files
        services.AddSingleton(configuration.GetSection("Datasets").Get<DatasetOptions>() ?? new DatasetOptions());
        // The catalog has time-outs of its own, and reports what it tried.
        services.AddHttpClient(nameof(DatasetCatalog), client => client.Timeout = Timeout.InfiniteTimeSpan).RemoveAllLoggers();
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<DatasetCatalog>(
            provider, provider.GetRequiredService<IHttpClientFactory>().CreateClient(nameof(DatasetCatalog))));
        services.AddSingleton<ConversionStore>();
        services.AddSingleton<UploadStaging>();
        services.AddSingleton<FindRunOn>(provider => async (dataset, cancellation) =>
            (await provider.GetRequiredService<RunStore>().FindOnAsync(dataset, cancellation))?.RowKey);
        services.AddSingleton<UploadConversion>();
        return services.AddSingleton<ConversionStarter>();
    }

    /// <summary>The calls of this feature.</summary>
    public static Feature Feature { get; } = new("datasets", "What is trained on.",
    [
        new("ListDatasets", "get", "/api/datasets", "Lists the data sets")
        {
            Answers = [new(200, "The data sets.", Media.Json(new DatasetList([Pets]))), Answer.NoParameters],
        },
        new("GetDataset", "get", Path, "A data set, and how its last upload is getting on")
        {
            Parameters = [Parameter.Dataset],
            Answers = [new(200, "The data set.", Media.Json(Pets)), Answer.NoParameters, NoDataset],
        },
        new(nameof(PutDataset), "put", Path, "Uploads pictures, in the place of those of that name")
        {
            Description = "The upload is put aside as it comes and converted in the background; `conversion` says how it is getting on. Until it is ready the old data set of that name is served.",
            Parameters =
            [
                Parameter.Dataset,
                PutDataset.Size, PutDataset.Channels,
            ],
            Body = new("A zip of PNG, JPEG or WebP files, with a folder for each class, or of IDX files; or a form with one IDX file a part. At most 2 GiB.", IsRequired: true,
                new("application/zip"), new("application/x-zip-compressed"), new("application/octet-stream"), new("multipart/form-data", FormSchema)),
            Answers =
            [
                new(202, "The upload is whole and waits to be converted.", Media.Json(Pets with
                {
                    Conversion = new ConversionView(ConversionState.Staged, 0, 0, 0, [], null),
                })) { Headers = [Header.Location("/api/datasets/pets")] },
                Answer.Invalid("size", "size: '30' is not valid; it must be one of 28, 32, 64."),
                InUse,
                Answer.TooLarge("The upload is too large.", DatasetProblems.WithSettings(new UploadTooLargeException(2L << 30).Message)),
                new(415, "The body is of a kind that is not taken.", Media.Problem(new Problem(
                    "https://tools.ietf.org/html/rfc9110#section-15.5.16", "The body is of a kind not taken.", 415,
                    "Content-Type 'text/plain' is not taken; valid are application/zip with pictures or IDX files in it, and multipart/form-data with one IDX file a part."))),
            ],
        },
        new("DeleteDataset", "delete", Path, "Removes a data set, or ends its conversion")
        {
            Parameters = [Parameter.Dataset],
            Answers = [new(204, "It is gone."), WrongName, NoDataset, InUse],
        },
        new(nameof(GetPreview), "get", $"{Path}/preview", "Some pictures of a data set, evenly over its classes")
        {
            Parameters = [Parameter.Dataset],
            Answers =
            [
                new(200, "The pictures.", Media.Bytes(Format.Png)) { Headers = [Header.ETag, Header.CacheControl] },
                Answer.NotModified,
                Answer.NoParameters,
                NoDataset with { Description = "There is no such data set, or nothing of it is stored." },
            ],
        },
    ]);

    private static JsonObject FormSchema(Schemas schemas) => new()
    {
        ["type"] = "object",
        ["description"] = $"IDX files. What each one is its file name says, or its part's name: {IdxUpload.ValidNames}.",
        ["properties"] = new JsonObject(Parts.Select(part =>
            KeyValuePair.Create<string, JsonNode?>(part, new JsonObject { ["type"] = "string", ["contentMediaType"] = "application/octet-stream" }))),
    };
}
