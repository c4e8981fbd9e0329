using GanFunctions.Functions.Http;
using GanFunctions.Functions.OpenApi;

namespace GanFunctions.Functions.TensorBoard;

/// <summary>The calls of this feature.</summary>
internal static class TensorBoardFeature
{
    private const string File = "events.out.tfevents.1769860800.first";

    /// <summary>Registers the feature.</summary>
    public static IServiceCollection AddTensorBoard(this IServiceCollection services) => services.AddSingleton(Feature);

    /// <summary>The calls of this feature.</summary>
    public static Feature Feature { get; } = new("trackers", "Runs in experiment trackers.",
    [
        new(nameof(GetEventFile), "get", "/api/runs/{run}/events.tfevents", "Downloads a run as an event file for TensorBoard")
        {
            Description = "Losses, scores and speed by training step; mean losses and quality by epoch; and the sample grids as pictures. "
                + "Steps that were rolled back are left out.",
            Parameters = [Parameter.Run, GetEventFile.Images],
            Responses =
            [
                new(200, "The file.", Media.Bytes(new Format("", "application/octet-stream")))
                {
                    Headers =
                    [
                        Header.ETag, Header.CacheControl,
                        new("Content-Disposition", "Suggested file name.", $"attachment; filename={File}; filename*=UTF-8''{File}"),
                    ],
                },
                Response.NotModified,
                Response.Invalid("images", "images: '2' is not valid; it must be one of true, false."),
                Response.NoRun,
            ],
        },
    ]);
}
