using GanFunctions.Core.Archives;
using GanFunctions.Core.Runs;
using GanFunctions.Functions.Datasets;
using GanFunctions.Functions.Http;
using GanFunctions.Functions.OpenApi;
using GanFunctions.Functions.Runs;

namespace GanFunctions.Functions.Archives;

/// <summary>The calls of this feature, and the services behind them.</summary>
internal static class ArchiveFeature
{
    private const string RunPath = "/api/runs/{run}";
    private const string Example = "first";

    private static readonly ArchiveOptions Defaults = new();
    private static readonly Format Zip = new("zip", "application/zip");

    private static readonly Response NotAtRest = new(409, "The run is not at rest, or none of its checkpoints is intact.", Media.Problem(new StateConflict(
        Conflict.TypeOfAll, $"The run is {Problems.Name(RunState.Training)}.", 409, ExportRun.StateDetail(Example, RunState.Training),
        Problems.Name(RunState.Training), $"/api/runs/{Example}")));

    /// <summary>Registers the feature.</summary>
    public static IServiceCollection AddArchives(this IServiceCollection services, IConfiguration configuration) => services
        .AddSingleton(Feature)
        .AddSingleton((configuration.GetSection("Archives").Get<ArchiveOptions>() ?? new ArchiveOptions()).Validated())
        .AddSingleton<ArchiveStaging>()
        .AddSingleton<RunExport>()
        .AddSingleton<RunImport>();

    /// <summary>The calls of this feature.</summary>
    public static Feature Feature { get; } = new("archives", "Move runs between apps.",
    [
        new(nameof(ExportRun), "get", $"{RunPath}/export", "Exports a run as a zip archive")
        {
            Description = "The run with its options and state, checkpoints, sample grids and losses, and an index with the SHA-256 of each file. "
                + "`ImportRun` of this or another app creates a run from it. The run must be at rest. The same run gives the same bytes. "
                + "A download that breaks off is no valid archive.",
            Parameters = [Parameter.Run, ExportRun.Checkpoints, ExportRun.Grids],
            Responses =
            [
                new(200, "The archive.", Media.Bytes(Zip))
                {
                    Headers =
                    [
                        new("Content-Disposition", "Suggested file name.", $"attachment; filename={Example}.zip; filename*=UTF-8''{Example}.zip"),
                    ],
                },
                Response.Invalid(ExportRun.Checkpoints.Name, ExportRun.SizeDetail(Example, 1_954_210_344, Defaults.MaxBytes)),
                Response.NoRun,
                NotAtRest,
            ],
        },
        new(nameof(ImportRun), "put", $"{RunPath}/import", "Creates a run from an exported one")
        {
            Description = "The run gets the id in the path, which may differ from that of the exported run, and its state; a run that had not ended is "
                + "paused. It can be resumed and extended if its data set exists here, and then trains the same bytes. "
                + "Everything in the archive is verified first.",
            Parameters = [Parameter.Run, PutDataset.Upload, PutDataset.Blocks],
            Body = new($"The archive, of at most {Defaults.MaxBytes} bytes. None with `upload` and `blocks`.", IsRequired: false, Media.Bytes(Zip)),
            Responses =
            [
                new(201, "The imported run.", Media.Json(RunExamples.Completed)) { Headers = [Header.Location($"/api/runs/{Example}")] },
                Response.Invalid("body", ImportRun.RefusedDetail("run.json is missing; the file is not an exported run, or the export was interrupted")),
                Response.Conflict("The id is taken.", ImportRun.TakenTitle, ImportRun.TakenDetail(Example), $"/api/runs/{Example}"),
                Response.TooLarge("The upload is too large.", ImportRun.TooLargeDetail(Defaults.MaxBytes)),
            ],
        },
        new(nameof(PutArchiveBlock), "put", $"{RunPath}/uploads/{{upload}}/{{block}}", "Stores a block of an archive that is too large for one request")
        {
            Description = "Blocks may be sent in any order and in parallel. Sending a block again replaces it. When all are stored, `ImportRun` with `upload` "
                + "and `blocks` imports the archive. Unused blocks are removed after a week.",
            Parameters = [Parameter.Run, PutBlock.Upload, PutBlock.Block],
            Body = new("A part of the archive. At most 100 MiB.", IsRequired: true, new Media("application/octet-stream")),
            Responses =
            [
                new(204, "The block is stored."),
                Response.Invalid("block", "block: '-1' is not valid; it must be a whole number from 0 to 9999."),
                Response.TooLarge("The upload is too large.", PutArchiveBlock.TooLargeDetail),
            ],
        },
    ]);
}
