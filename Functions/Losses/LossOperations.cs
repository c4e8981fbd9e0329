using GanFunctions.Functions.Http;
using GanFunctions.Functions.OpenApi;
using GanFunctions.Functions.Runs;

namespace GanFunctions.Functions.Losses;

/// <summary>The call of this folder, as the OpenAPI document has it.</summary>
internal static class LossOperations
{
    private static readonly LossView Step = new(0, 1, 50, 1.12, 1.05, 0.58, 0.37, 512.5, RunExamples.At(20), null, null, null, null, null, null, null);
    private static readonly LossView Epoch = Step with { Step = null, Time = RunExamples.At(30), FrechetDistance = 21.4, KernelDistance = 0.031, Variety = 0.94, RarestShare = 0.04, ClassEntropy = 2.28, Confidence = 0.97 };

    /// <summary>One call.</summary>
    public static Feature Feature { get; } = new("losses", "What a training logs.",
    [
        new(nameof(GetLosses), "get", "/api/runs/{run}/losses", "Losses of a run, as numbers or as a chart")
        {
            Parameters =
            [
                Parameter.Run,
                Parameter.Form(Format.Json, Format.Csv, Format.Png, Format.Svg),
                Parameter.WholeNumber("from", "The first epoch to show.", 1, 99_999, otherwise: 1),
                Parameter.WholeNumber("every", "Of an epoch's logged steps the first, and every so many behind it; a chart has them all.", 1, 100_000, otherwise: 1),
                Parameter.Choice("theme", "Colours of a chart. Without it an SVG follows the viewer, and a PNG is light.", ["light", "dark"]),
                Parameter.WholeNumber("width", "Pixels of a chart.", 640, 3840, otherwise: 960),
                Parameter.WholeNumber("height", "Pixels of a chart.", 400, 2160, otherwise: 640),
            ],
            Answers =
            [
                new(200, "The losses.", Media.Json(LossList.Of("first", [Step, Epoch])), Media.Text("text/csv", LossView.Csv([Step, Epoch])),
                    Media.Bytes(Format.Png), Media.Text("image/svg+xml", "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 960 640\"></svg>"))
                {
                    Headers = [Header.ETag with { Description = "Names the answer, where it is a chart; send it back as `If-None-Match`." }, Header.CacheControl, Header.Vary],
                },
                Answer.NotModified,
                Answer.Invalid("every", "every: '0' is not valid; it must be a whole number from 1 to 100000."),
                Answer.NoRun,
            ],
        },
    ]);
}
