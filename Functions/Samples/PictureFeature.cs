using GanFunctions.Core.Quality;
using GanFunctions.Functions.Checkpoints;
using GanFunctions.Functions.Http;
using GanFunctions.Functions.OpenApi;
using static GanFunctions.Functions.Samples.PictureParameters;

namespace GanFunctions.Functions.Samples;

/// <summary>The calls of this feature, and the services behind them.</summary>
internal static class PictureFeature
{
    private const string InvalidFrames = "frames: '1' is not valid; it must be a whole number from 2 to 200.";

    /// <summary>Registers the feature.</summary>
    public static IServiceCollection AddSamples(this IServiceCollection services) => services
        .AddSingleton(Feature)
        .AddSingleton<CheckpointCache>()
        .AddSingleton<GeneratorCache>()
        .AddSingleton<PictureLanes>()
        .AddSingleton<Pictures>()
        .AddSingleton<NeighbourSearch>();

    /// <summary>The calls of this feature.</summary>
    public static Feature Feature { get; } = new("pictures", "Generated pictures.",
    [
        Samples("GetRunSamples", "/api/runs/{run}/samples", "Generates pictures from a run", Parameter.Run),
        Samples("GetLatestSamples", "/api/samples", "Generates pictures from the newest run that has a checkpoint"),
        new(nameof(GetTimelapse), "get", "/api/runs/{run}/timelapse", "Animates the sample grids of all epochs, which come from the same noise")
        {
            Description = "Pictures are doubled in size, unless the animation would have too many pixels. "
                + "A pixel of a GIF is either opaque or transparent; WebP keeps every degree of transparency. " + PictureWork.Limits,
            Parameters =
            [
                Parameter.Run,
                GetTimelapse.Frames, GetTimelapse.Milliseconds, GetTimelapse.Hold, GetTimelapse.Formats,
            ],
            Responses =
            [
                new(200, "The animation.", Media.Bytes(Format.Gif), Media.Bytes(Format.WebP)) { Headers = [Header.ETag, Header.CacheControl, Header.Vary] },
                Response.NotModified,
                Response.Invalid("frames", InvalidFrames),
                Response.NotFound(
                    "There is no such run, or it has no completed epoch yet.", "No pictures yet.", "Run 'first' has no completed epoch yet.",
                    Header.RetryAfter),
                Response.Busy,
            ],
        },
        new(nameof(GetWalk), "get", "/api/runs/{run}/walk", "Animates a walk through latent space, from seed to seed")
        {
            Description = "A pixel of a GIF is either opaque or transparent; WebP keeps every degree of transparency. " + PictureWork.Limits,
            Parameters =
            [
                Parameter.Run, GetWalk.Seeds, GetWalk.Frames, GetWalk.Count, Columns, GetWalk.Scale, GetWalk.Milliseconds, GetWalk.Closed,
                .. ForGenerator, GetWalk.Formats,
            ],
            Responses =
            [
                new(200, "The animation.", Media.Bytes(Format.Gif), Media.Bytes(Format.WebP)) { Headers = Headers },
                .. Refusals("frames", "frames: 30720 pictures of 28x28x1 are too many for one request; the maximum is 8192."),
            ],
        },
        new(nameof(GetBetween), "get", "/api/runs/{run}/between", "Generates the picture at a position between four seeds")
        {
            Description = "The seeds are the corners of a square: top left, top right, bottom left, bottom right.",
            Parameters =
            [
                Parameter.Run, GetBetween.Seeds, GetBetween.X, GetBetween.Y, GetBetween.Scale, .. ForGenerator, GetBetween.Formats,
            ],
            Responses =
            [
                new(200, "The picture.", Media.Bytes(Format.Png), Media.Bytes(Format.WebP)) { Headers = Headers },
                .. Refusals("x", "x: '2' is not valid; it must be a number from 0 to 1."),
            ],
        },
        new(nameof(GetNeighbours), "get", "/api/runs/{run}/neighbours", "Finds the training pictures nearest to a generated one")
        {
            Description = "A memorisation check, in the feature space that quality is measured in: a generator that memorised training "
                + "pictures has neighbours much nearer than `typicalDistance`. The first call for a data set begins to "
                + "compute its features, which takes seconds to minutes; until then, calls are answered with 503 and `Retry-After`.",
            Parameters =
            [
                Parameter.Run, Seed, PictureParameters.Index, GetNeighbours.Count, GetNeighbours.Scale, .. ForGenerator, GetNeighbours.Formats,
            ],
            Responses =
            [
                new(200, "The neighbours. A PNG begins with the generated picture.", Media.Json(
                    new NeighbourList("first", "000-00002-000100", 42, 0, 3.1, [new(1723, 7, 2.6), new(9021, 7, 2.9)])), Media.Bytes(Format.Png))
                {
                    Headers = Headers,
                },
                Response.NotModified,
                Response.Invalid("index", "index: '1024' is not valid; it must be a whole number from 0 to 1023."),
                CheckpointFeature.NoCheckpoint,
                CheckpointFeature.NoBestEpoch with
                {
                    Description = "The data set is gone, was replaced, or is too small; or `epoch` is `best`, and the run does not measure quality.",
                },
                new(503, "The features of the data set are being computed, its memory is in use for another large one, or too many requests are waiting.", Media.Problem(new Problem(
                    "https://tools.ietf.org/html/rfc9110#section-15.6.4", "Not ready yet.", 503,
                    "The features of 'digits' are being computed; this takes seconds to minutes and is done once. Try again later.")))
                {
                    Headers = [Header.RetryAfter],
                },
            ],
        },
        new("ListGrids", "get", "/api/runs/{run}/grids", "Lists the epochs that have a sample grid")
        {
            Parameters = [Parameter.Run],
            Responses = [new(200, "The epochs.", Media.Json(new GridList("first", [1, 2]))), Response.NoParameters, Response.NoRun],
        },
        new(nameof(GetGrid), "get", "/api/runs/{run}/grids/{epoch}", "Gets the sample grid of an epoch")
        {
            Parameters =
            [
                Parameter.Run, CheckpointChoice.InPath, GetGrid.Side, GetGrid.Scale,
            ],
            Responses =
            [
                new(200, "The grid.", Media.Bytes(Format.Png)) { Headers = [Header.ETag, Header.CacheControl] },
                .. Refusals("side", "side: '9' is not valid; it must be a whole number from 1 to 8."),
            ],
        },
        new(nameof(GetNoise), "get", "/api/noise", "Gets the noise vectors of seeds")
        {
            Description = "For clients that run a downloaded generator and want the same pictures as the app's.",
            Parameters =
            [
                GetNoise.Seeds, PictureParameters.Index,
            ],
            Responses =
            [
                new(200, "The noise vectors.", Media.Json(new NoiseList([42], 0, [[0.35f, -1.2f, 0.07f]]))),
                Response.Invalid("index", "index: '1024' is not valid; it must be a whole number from 0 to 1023."),
            ],
        },
    ]);

    private static Operation Samples(string id, string path, string summary, params Parameter[] first) => new(id, "get", path, summary)
    {
        Description = "Picture *i* of a seed does not depend on `count` and `columns`. `zip` contains one PNG file per picture and an index; `npy` is a NumPy array. "
            + "JPEG shows transparent pictures on white. "
            + PictureWork.Limits,
        Parameters =
        [
            .. first, SampleQuery.CountParameter, Columns, Seed, SampleQuery.ScaleParameter, .. ForGenerator, SampleQuery.Formats,
        ],
        Responses =
        [
            new(200, "The pictures.", [.. SampleQuery.Formats.Offered.Select(Media.Bytes)]) { Headers = Headers },
            .. Refusals("count", "count: '0' is not valid; it must be a whole number from 1 to 1024."),
        ],
    };
}
