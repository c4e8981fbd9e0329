using System.Globalization;
using GanFunctions.Core.Model;
using GanFunctions.Functions.Checkpoints;
using GanFunctions.Functions.Http;
using GanFunctions.Functions.OpenApi;

namespace GanFunctions.Functions.Samples;

/// <summary>Parameters and responses that the calls for pictures share.</summary>
internal static class PictureParameters
{
    /// <summary>The largest seed: JavaScript represents whole numbers exactly up to this one.</summary>
    public const long LastSeed = 9_007_199_254_740_991;

    /// <summary>The number of pictures in a row.</summary>
    public static readonly Parameter<int?> Columns = Parameter.WholeNumber(
        "columns", "Number of pictures per row. By default, the grid is as square as possible.", 1, 64);

    /// <summary>The index of a picture of a seed.</summary>
    public static readonly Parameter<int> Index = Parameter.WholeNumber("index", "Index of the picture of that seed.", 0, 1023, otherwise: 0);

    /// <summary>The label that a conditional generator draws.</summary>
    public static readonly Parameter<string?> Label = Parameter.Text(
        "label",
        "The class to draw, if the run is conditional: its name, in any case, or its label. A value that is both a name and a label is read as the name. "
        + "By default, the classes take turns.",
        "the name or the label of a class", "cats");

    /// <summary>The time that each frame of an animation is shown.</summary>
    public static Parameter<int> Milliseconds(int otherwise) => Parameter.WholeNumber(
        "milliseconds", "Duration of each frame, in milliseconds.", 20, 5000, otherwise);

    /// <summary>The seed of the noise.</summary>
    public static readonly Parameter<long?> Seed = Parameter.WholeNumber("seed", "Seed of the noise. By default, the run's own seed.", 0, LastSeed);

    /// <summary>The factor of the noise.</summary>
    public static readonly Parameter<double> Truncation = Parameter.Number(
        "truncation", "Factor of the noise: below 1, pictures are more typical and less varied; at 0, all are the same.", 0, 1, otherwise: 1);

    /// <summary>The weights to draw with.</summary>
    public static readonly Parameter<string?> Weights = Parameter.Choice(
        "weights", "`raw` are the trained weights, `ema` their moving average, which gives better pictures.", ["ema", "raw"], otherwise: "ema");

    /// <summary>The parameters of <see cref="GeneratorChoice"/>.</summary>
    public static IReadOnlyList<Parameter> ForGenerator { get; } = [CheckpointChoice.InQuery, Label, Weights, Truncation];

    /// <summary>The number of pictures.</summary>
    public static Parameter<int> Count(int most, int otherwise) => Parameter.WholeNumber("count", "Number of pictures.", 1, most, otherwise);

    /// <summary>The scale of pixels.</summary>
    public static Parameter<int> Scale(int most, int otherwise = 2) => Parameter.WholeNumber(
        "scale", "Each pixel is enlarged to a square with this side, in pixels.", 1, most, otherwise);

    /// <summary>Several seeds.</summary>
    public static Parameter<IReadOnlyList<long>?> Seeds(int least, int most, params long[] example) =>
        Parameter.WholeNumbers("seeds", "Seeds of the noise. By default, the run's own seed and the three that follow it.", LastSeed, least, most, example);

    /// <summary>Headers of a picture.</summary>
    public static IReadOnlyList<Header> Headers { get; } =
        [Header.ETag, Header.CacheControl, Header.Vary, new("X-Checkpoint", "Name of the checkpoint that generated the pictures.", "000-00002-000100")];

    /// <summary>Responses if a generator cannot draw what was asked for.</summary>
    public static IReadOnlyList<Response> Refusals(string field, string problem) =>
        [Response.NotModified, Response.Invalid(field, problem), CheckpointFeature.NoCheckpoint, CheckpointFeature.NoBestEpoch, Response.Busy];
}

/// <summary>The choice of a generator, a label and the factor of the noise.</summary>
/// <param name="Checkpoint">The checkpoint.</param>
/// <param name="Label">The name or the label of the class to draw, if the run is conditional; null draws each class in turn.</param>
/// <param name="Raw">Whether to use the trained weights instead of their moving average.</param>
/// <param name="Truncation">Factor of the noise, 0 to 1.</param>
public sealed record GeneratorChoice(CheckpointChoice Checkpoint, string? Label, bool Raw, double Truncation)
{
    /// <summary>Reads the parameters <c>epoch</c>, <c>label</c>, <c>weights</c> and <c>truncation</c>.</summary>
    public static GeneratorChoice Read(QueryReader query) => new(
        query.Read(CheckpointChoice.InQuery), query.Read(PictureParameters.Label), query.Read(PictureParameters.Weights) == "raw",
        query.Read(PictureParameters.Truncation));

    /// <summary>The part of the choice that determines the pictures of one generator file.</summary>
    public string Tag => string.Create(CultureInfo.InvariantCulture, $"{(Raw ? "raw" : "ema")}/{Uri.EscapeDataString(Label ?? "")}/{Truncation}");

    /// <summary>The label to draw with a generator; null draws each label in turn.</summary>
    public byte? LabelIn(Generator generator) => Label is null ? null : generator.Classes.Find(Label);
}
