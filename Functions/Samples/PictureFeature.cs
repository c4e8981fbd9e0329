using GanFunctions.Core.Quality;
using GanFunctions.Functions.Checkpoints;
using GanFunctions.Functions.Http;
using GanFunctions.Functions.OpenApi;
using static GanFunctions.Functions.Samples.PictureParameters;

namespace GanFunctions.Functions.Samples;

/// <summary>The calls of this feature, and the services behind them.</summary>
internal static class PictureFeature
{
    private const string TooManyFrames = "frames: '1' is not valid; it must be a whole number from 2 to 200.";

    /// <summary>Registers the feature.</summary>
    public static IServiceCollection AddSamples(this IServiceCollection services) => services
        .AddSingleton(Feature)
        .AddSingleton<SettledCheckpoints>()
        .AddSingleton<GeneratorCache>()
        .AddSingleton<Pictures>()
        .AddSingleton<NeighbourSearch>();

    /// <summary>The calls of this feature.</summary>
    public static Feature Feature { get; } = new("pictures", "What generators draw.",
    [
        Samples("GetRunSamples", "/api/runs/{run}/samples", "Pictures that a run draws", Parameter.Run),
        Samples("GetLatestSamples", "/api/samples", "Pictures of the newest run that has a checkpoint"),
        new(nameof(GetTimelapse), "get", "/api/runs/{run}/timelapse", "What a run drew from the same noise, epoch after epoch, as an animation")
        {
            Parameters =
            [
                Parameter.Run,
                GetTimelapse.Frames, GetTimelapse.Milliseconds, GetTimelapse.Hold, GetTimelapse.Formats,
            ],
            Answers =
            [
                new(200, "The animation.", Media.Bytes(Format.Gif), Media.Bytes(Format.WebP)) { Headers = [Header.ETag, Header.CacheControl, Header.Vary] },
                Answer.NotModified,
                Answer.Invalid("frames", TooManyFrames),
                Answer.NotFound("There is no such run, or it has completed no epoch yet.", "No pictures yet.", "Run 'first' has completed no epoch yet.", Header.RetryAfter),
            ],
        },
        new(nameof(GetWalk), "get", "/api/runs/{run}/walk", "Pictures that turn into each other on the way from seed to seed, as an animation")
        {
            Description = "At most 8192 pictures are drawn, of all frames together.",
            Parameters =
            [
                Parameter.Run, GetWalk.Seeds, GetWalk.Frames, GetWalk.Count, Columns, GetWalk.Scale, GetWalk.Milliseconds, GetWalk.Closed,
                .. ForGenerator, GetWalk.Formats,
            ],
            Answers =
            [
                new(200, "The animation.", Media.Bytes(Format.Gif), Media.Bytes(Format.WebP)) { Headers = Headers },
                .. Refusals("frames", "frames: 120 is not valid here: 480 frames of 64 pictures are 30720, and at most 8192 are drawn."),
            ],
        },
        new(nameof(GetBetween), "get", "/api/runs/{run}/between", "The picture at a place between four seeds")
        {
            Description = "The seeds lie at the corners of a square: two above, two below.",
            Parameters =
            [
                Parameter.Run, GetBetween.Seeds, GetBetween.X, GetBetween.Y, GetBetween.Scale, .. ForGenerator, GetBetween.Formats,
            ],
            Answers =
            [
                new(200, "The picture.", Media.Bytes(Format.Png), Media.Bytes(Format.WebP)) { Headers = Headers },
                .. Refusals("x", "x: '2' is not valid; it must be a number from 0 to 1."),
            ],
        },
        new(nameof(GetNeighbours), "get", "/api/runs/{run}/neighbours", "The training pictures that are nearest to a drawn one")
        {
            Description = "In the features that quality is measured in: a generator that has learnt pictures by heart gives itself away. The first call for a data set takes up to a minute.",
            Parameters =
            [
                Parameter.Run, Seed, PictureParameters.Index, GetNeighbours.Count, GetNeighbours.Scale, .. ForGenerator, GetNeighbours.Formats,
            ],
            Answers =
            [
                new(200, "The neighbours; as PNG the drawn picture first.", Media.Json(
                    new NeighbourList("first", "000-00002-000100", 42, 0, 3.1, [new(1723, 7, 2.6), new(9021, 7, 2.9)])), Media.Bytes(Format.Png)) { Headers = Headers },
                Answer.NotModified,
                Answer.Invalid("index", "index: '1024' is not valid; it must be a whole number from 0 to 1023."),
                CheckpointFeature.NoCheckpoint,
                CheckpointFeature.NoBestEpoch with { Description = "The data set is gone, another one by now, or too small; or `epoch` is `best`, and the run does not measure its pictures." },
                new(503, "The data set is being looked at.", Media.Problem(new Problem(
                    "https://tools.ietf.org/html/rfc9110#section-15.6.4", "Not ready yet.", 503, "The pictures of 'digits' are being looked at, which takes up to a minute, once. Ask again.")))
                {
                    Headers = [Header.RetryAfter],
                },
            ],
        },
        new("ListGrids", "get", "/api/runs/{run}/grids", "Epochs that have stored what they draw from the same noise")
        {
            Parameters = [Parameter.Run],
            Answers = [new(200, "The epochs.", Media.Json(new GridList("first", [1, 2]))), Answer.NoParameters, Answer.NoRun],
        },
        new(nameof(GetGrid), "get", "/api/runs/{run}/grids/{epoch}", "What an epoch has stored")
        {
            Parameters =
            [
                Parameter.Run, CheckpointChoice.InPath, GetGrid.Side, GetGrid.Scale,
            ],
            Answers =
            [
                new(200, "The pictures.", Media.Bytes(Format.Png)) { Headers = [Header.ETag, Header.CacheControl] },
                .. Refusals("side", "side: '9' is not valid; it must be a whole number from 1 to 8."),
            ],
        },
        new(nameof(GetNoise), "get", "/api/noise", "What pictures are drawn from")
        {
            Description = "For who has a generator and wants the same pictures.",
            Parameters =
            [
                GetNoise.Seeds, PictureParameters.Index,
            ],
            Answers =
            [
                new(200, "The noise.", Media.Json(new NoiseList([42], 0, [[0.35f, -1.2f, 0.07f]]))),
                Answer.Invalid("index", "index: '1024' is not valid; it must be a whole number from 0 to 1023."),
            ],
        },
    ]);

    private static Operation Samples(string id, string path, string summary, params Parameter[] first) => new(id, "get", path, summary)
    {
        Description = "Picture *i* of a seed is the same whatever `count` and `columns`. As `zip` they come one by one, with a list; as `npy` as an array for NumPy.",
        Parameters =
        [
            .. first, SampleQuery.CountParameter, Columns, Seed, SampleQuery.ScaleParameter, .. ForGenerator, SampleQuery.Formats,
        ],
        Answers =
        [
            new(200, "The pictures.", [.. SampleQuery.Formats.Offered.Select(Media.Bytes)]) { Headers = Headers },
            .. Refusals("count", "count: '0' is not valid; it must be a whole number from 1 to 1024."),
        ],
    };
}
