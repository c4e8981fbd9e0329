using GanFunctions.Functions.OpenApi;

namespace GanFunctions.Functions.Samples;

/// <summary>Parameters and answers that calls for pictures have in common.</summary>
internal static class PictureParameters
{
    private const string Columns = "Pictures in a row. Without it as many as make a square.";

    /// <summary>Which generator is to draw, and what: see <see cref="GeneratorChoice"/>.</summary>
    public static IReadOnlyList<Parameter> Generator { get; } =
    [
        Parameter.Epoch,
        Parameter.WholeNumber("label", "What the pictures are to show, where the run is conditional. Without it each label in turn.", 0, byte.MaxValue),
        Parameter.Choice("weights", "Those that are trained, or their moving average, which draws better.", ["ema", "raw"], otherwise: "ema"),
    ];

    /// <summary>Headers of a picture.</summary>
    public static IReadOnlyList<Header> Headers { get; } =
        [Header.ETag, Header.CacheControl, Header.Vary, new("X-Checkpoint", "Name of the checkpoint that it was drawn from.", "000-00002-000100")];

    /// <summary>Which noise.</summary>
    public static Parameter Seed { get; } = Parameter.WholeNumber("seed", "Which noise. Without it the run's own seed.", 0, SampleQuery.LastSeed);

    /// <summary>Seeds between commas; the run's own and those behind it where there are none.</summary>
    public static Parameter Seeds(int fewest, int most, params long[] example) =>
        Parameter.WholeNumbers("seeds", "Without it the run's own seed and the three behind it.", 0, SampleQuery.LastSeed, fewest, most, example);

    /// <summary>How large each pixel is drawn.</summary>
    public static Parameter Scale(int most) => Parameter.WholeNumber("scale", "Each pixel becomes a square of this side.", 1, most, otherwise: 2);

    /// <summary>How many pictures, and how many of them in a row.</summary>
    public static IReadOnlyList<Parameter> Layout(int most, int otherwise) =>
        [Parameter.WholeNumber("count", "Pictures.", 1, most, otherwise), Parameter.WholeNumber("columns", Columns, 1, 64)];

    /// <summary>What goes wrong where a generator is to draw.</summary>
    public static IReadOnlyList<Answer> Refusals(string field, string problem) => [Answer.NotModified, Answer.Invalid(field, problem), NoCheckpoint, NoBestEpoch];

    /// <summary>404 where there is nothing to draw from.</summary>
    public static Answer NoCheckpoint { get; } = Answer.NotFound(
        "There is no such run, or it has no such checkpoint, or none yet.", "No checkpoint yet.", "Run 'first' has no checkpoint yet.", Header.RetryAfter);

    /// <summary>409 where an epoch is to be the best, and nothing says which is.</summary>
    public static Answer NoBestEpoch { get; } = Answer.Conflict(
        "`epoch` is `best`, and the run does not measure its pictures.", "The run has no best epoch.",
        "Run 'first' does not measure its pictures: its qualitySamples is 0.", "/api/runs/first");
}
