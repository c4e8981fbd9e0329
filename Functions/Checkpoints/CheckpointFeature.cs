using GanFunctions.Core.Export;
using GanFunctions.Core.Storage;
using GanFunctions.Core.Training;
using GanFunctions.Functions.Http;
using GanFunctions.Functions.OpenApi;
using GanFunctions.Functions.Runs;

namespace GanFunctions.Functions.Checkpoints;

/// <summary>The calls of this feature, and the services behind them.</summary>
internal static class CheckpointFeature
{
    private const string Name = "000-00002-000100";
    private const string Files = "/api/runs/first/checkpoints/2/generator";
    private static readonly BlobReference File = new("9b74c9897bac770ffc029102a200c5de9b74c9897bac770ffc029102a200c5de", 9_483_064);

    /// <summary>404 if there is no checkpoint to draw from.</summary>
    public static Response NoCheckpoint { get; } = Response.NotFound(
        "There is no such run, or it has no such checkpoint, or none yet.", "No checkpoint yet.", "Run 'first' has no checkpoint yet.", Header.RetryAfter);

    /// <summary>409 if the best epoch is asked for and the run does not measure quality.</summary>
    public static Response NoBestEpoch { get; } = Response.Conflict(
        "`epoch` is `best`, and the run does not measure its pictures.", "The run has no best epoch.",
        "Run 'first' does not measure its pictures: its qualitySamples is 0.", "/api/runs/first");

    private static readonly Response Unusable = NoBestEpoch with
    {
        Description = "The checkpoint cannot be used; or `epoch` is `best`, and the run does not measure its pictures.",
    };

    private static readonly Response WrongEpoch = Response.Invalid("epoch", "epoch: 'first' is not valid; it must be a whole number from 1 to 99999 or latest or best.");

    /// <summary>Registers the feature.</summary>
    public static IServiceCollection AddCheckpoints(this IServiceCollection services) => services.AddSingleton(Feature).AddSingleton<GeneratorFiles>();

    /// <summary>The calls of this feature.</summary>
    public static Feature Feature { get; } = new("checkpoints", "Checkpoints and generators to download.",
    [
        new(nameof(ListCheckpoints), "get", "/api/runs/{run}/checkpoints", "Lists the checkpoints of a run")
        {
            Parameters = [Parameter.Run],
            Responses =
            [
                new(200, "The checkpoints, oldest first.", Media.Json(new CheckpointList("first",
                    [new(Name, 0, 2, 100, 100, new StepLosses(1.12, 1.05, 0.58, 0.37), "fp32", 2, File, File with { Size = 21_004_312 }, RunExamples.Quality, true)]))),
                Response.NoParameters,
                Response.NoRun,
            ],
        },
        new(nameof(DownloadGenerator), "get", "/api/runs/{run}/checkpoints/{epoch}/generator", "Downloads the generator of an epoch")
        {
            Parameters =
            [
                Parameter.Run, CheckpointChoice.InPath,
                DownloadGenerator.FileFormat, DownloadGenerator.Weights,
            ],
            Responses =
            [
                new(200, "The file.", Media.Bytes(new Format("", "application/octet-stream")))
                {
                    Headers = [Header.ETag, Header.CacheControl, new("Content-Disposition", "Suggested file name.", "attachment; filename=first-00002.onnx; filename*=UTF-8''first-00002.onnx")],
                },
                Response.NotModified,
                Response.Invalid("weights", "weights: 'raw' is not valid with format=safetensors, whose file has both; it is for format=onnx."),
                NoCheckpoint,
                Unusable,
            ],
        },
        new(nameof(GetCard), "get", "/api/runs/{run}/checkpoints/{epoch}/card", "Gets the model card of an epoch's generator")
        {
            Parameters = [Parameter.Run, CheckpointChoice.InPath],
            Responses = [new(200, "The card.", Media.Json(Card())), WrongEpoch, NoCheckpoint, Unusable],
        },
    ]);

    private static ModelCard Card() => new(
        "unconditional-image-generation", "pytorch", ["gan", "dcgan", "onnx", "safetensors"], "first", 2, Name,
        new Architecture("dcgan-28x28x1", 28, 1, 100, 2_331_648,
        [
            new("dense", "linear", [12_544, 100], null, null, null, null, 1e-5, "leakyRelu", [256, 7, 7]),
            new("up3", "convTranspose2d", [64, 1, 5, 5], 2, 2, 1, null, null, "tanh", [1, 28, 28]),
        ]),
        new CardDataset("digits", File.Sha256, "Handwritten digits, generated from strokes: always available, and identical on every machine", 60_000, 10, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]),
        new CardTraining(Preset.Dcgan, 2, 200, 25_600, "fp32", 0, RunExamples.Options), RunExamples.Quality,
        [
            new("safetensors", ["ema", "raw"], Files, File.Sha256, File.Size),
            new("onnx", ["ema"], $"{Files}?format=onnx&weights=ema", File.Sha256, 9_391_127),
        ],
        new CardSampling(
            "noise: float32 [batch, 100], independent standard normals", null, null, "pictures: float32 [batch, 1, 28, 28] in [-1, 1]",
            "round((x + 1) * 127.5)", "/api/runs/first/samples?epoch=2"));
}
