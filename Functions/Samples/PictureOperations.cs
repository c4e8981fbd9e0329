using GanFunctions.Core.Checkpoints;
using GanFunctions.Functions.Http;
using GanFunctions.Functions.OpenApi;
using static GanFunctions.Functions.Samples.PictureParameters;

namespace GanFunctions.Functions.Samples;

/// <summary>The calls of this folder, as the OpenAPI document has them.</summary>
internal static class PictureOperations
{
    private const string TooManyFrames = "frames: '1' is not valid; it must be a whole number from 2 to 200.";

    /// <summary>All of them.</summary>
    public static Feature Feature { get; } = new("pictures", "What generators draw.",
    [
        Samples("GetRunSamples", "/api/runs/{run}/samples", "Pictures that a run draws", Parameter.Run),
        Samples("GetLatestSamples", "/api/samples", "Pictures of the newest run that has a checkpoint"),
        new(nameof(GetTimelapse), "get", "/api/runs/{run}/timelapse", "What a run drew from the same noise, epoch after epoch, as an animation")
        {
            Parameters =
            [
                Parameter.Run,
                Parameter.WholeNumber("frames", "At most so many, chosen evenly.", 2, 200, otherwise: 60),
                Parameter.WholeNumber("milliseconds", "How long each frame is shown.", 20, 5000, otherwise: 150),
                Parameter.WholeNumber("hold", "Milliseconds that the last frame is shown.", 20, 30_000, otherwise: 2000),
                Parameter.Form(Format.Gif, Format.WebP),
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
                Parameter.Run, Seeds(2, 16, 1, 2, 3),
                Parameter.WholeNumber("frames", "From one seed to the next.", 1, 120, otherwise: 24),
                .. Layout(64, otherwise: 16), Scale(8),
                Parameter.WholeNumber("milliseconds", "How long each frame is shown.", 20, 5000, otherwise: 60),
                Parameter.Flag("closed", "Whether the way goes back to the first seed.", otherwise: true),
                .. Generator, Parameter.Form(Format.Gif, Format.WebP),
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
                Parameter.Run, Seeds(4, 4, 1, 2, 3, 4),
                Parameter.Number("x", "From left to right.", 0, 1, otherwise: 0.5), Parameter.Number("y", "From top to bottom.", 0, 1, otherwise: 0.5),
                Scale(16), .. Generator, Parameter.Form(Format.Png, Format.WebP),
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
                Parameter.Run, Seed,
                Parameter.WholeNumber("index", "Which picture of the seed.", 0, 1023, otherwise: 0),
                Parameter.WholeNumber("count", "Neighbours.", 1, 64, otherwise: 8),
                Scale(16), .. Generator, Parameter.Form(Format.Json, Format.Png),
            ],
            Answers =
            [
                new(200, "The neighbours; as PNG the drawn picture first.", Media.Json(
                    new NeighbourList("first", "000-00002-000100", 42, 0, 3.1, [new(1723, 7, 2.6), new(9021, 7, 2.9)])), Media.Bytes(Format.Png)) { Headers = Headers },
                Answer.NotModified,
                Answer.Invalid("index", "index: '1024' is not valid; it must be a whole number from 0 to 1023."),
                NoCheckpoint,
                NoBestEpoch with { Description = "The data set is gone, another one by now, or too small; or `epoch` is `best`, and the run does not measure its pictures." },
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
                Parameter.Run, Parameter.EpochInPath,
                Parameter.WholeNumber("side", "Pictures in a row and in a column, from the upper left corner.", 1, GridStore.Side, otherwise: GridStore.Side),
                Parameter.WholeNumber("scale", "Each pixel becomes a square of this side.", 1, GridStore.Scale, otherwise: GridStore.Scale),
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
                Parameter.WholeNumbers("seeds", "Without it 42.", 0, SampleQuery.LastSeed, 1, 16, 1, 2),
                Parameter.WholeNumber("index", "Which picture of each seed.", 0, 1023, otherwise: 0),
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
            .. first, .. Layout(1024, otherwise: 64), Seed, Scale(16), .. Generator, Parameter.Form(Format.Png, Format.WebP, Format.Jpeg, SampleQuery.Zip, SampleQuery.Npy),
        ],
        Answers =
        [
            new(200, "The pictures.", [.. new[] { Format.Png, Format.WebP, Format.Jpeg, SampleQuery.Zip, SampleQuery.Npy }.Select(Media.Bytes)]) { Headers = Headers },
            .. Refusals("count", "count: '0' is not valid; it must be a whole number from 1 to 1024."),
        ],
    };
}
