using GanFunctions.Core.Losses;
using GanFunctions.Functions.Http;
using GanFunctions.Functions.OpenApi;
using GanFunctions.Functions.Runs;

namespace GanFunctions.Functions.Losses;

/// <summary>The calls of this feature, and the services behind them.</summary>
internal static class LossFeature
{
    private static readonly LossView Step = new(0, 1, 50, 1.12, 1.05, 0.58, 0.37, 512.5, RunExamples.At(20), null, null, null, null, null, null, null);
    private static readonly LossView Epoch = Step with
    {
        Step = null,
        Time = RunExamples.At(30),
        FrechetDistance = 21.4,
        KernelDistance = 0.031,
        Variety = 0.94,
        RarestShare = 0.04,
        ClassEntropy = 2.28,
        Confidence = 0.97,
        Precision = 0.71,
        Recall = 0.62,
        Density = 0.78,
        Coverage = 0.74,
    };

    /// <summary>Registers the feature.</summary>
    public static IServiceCollection AddLosses(this IServiceCollection services) => services.AddSingleton(Feature).AddSingleton<ChartRenderer>();

    /// <summary>The calls of this feature.</summary>
    public static Feature Feature { get; } = new("losses", "Losses and quality over time.",
    [
        new(nameof(GetLosses), "get", "/api/runs/{run}/losses", "Gets the losses of a run, as numbers or as a chart")
        {
            Parameters =
            [
                Parameter.Run, LossQuery.Formats, LossQuery.FromParameter, LossQuery.EveryParameter, LossQuery.ThemeParameter, LossQuery.WidthParameter,
                LossQuery.HeightParameter,
            ],
            Responses =
            [
                new(200, "The losses.", Media.Json(LossList.Of("first", [Step, Epoch])), Media.Text("text/csv", LossView.Csv([Step, Epoch])),
                    Media.Bytes(Format.Png), Media.Text("image/svg+xml", "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 960 640\"></svg>"))
                {
                    Headers =
                    [
                        Header.ETag with { Description = "Identifies the content of a chart; send it back as `If-None-Match`." },
                        Header.CacheControl, Header.Vary,
                    ],
                },
                Response.NotModified,
                Response.Invalid("every", "every: '0' is not valid; it must be a whole number from 1 to 100000."),
                Response.NoRun,
            ],
        },
    ]);
}
