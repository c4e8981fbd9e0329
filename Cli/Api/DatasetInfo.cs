using System.Text.Json;
using System.Text.Json.Nodes;

namespace GanFunctions.Cli.Api;

/// <summary>A data set, as far as the commands show it. Values that are not known yet are null.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Train">Number of training pictures.</param>
/// <param name="Test">Number of held-out pictures.</param>
/// <param name="ClassNames">Names of the classes by label.</param>
/// <param name="Size">Same as <paramref name="Height"/>.</param>
/// <param name="Height">Height of a picture in pixels.</param>
/// <param name="Width">Width of a picture in pixels.</param>
/// <param name="Channels">1 for greyscale, 3 for RGB, 4 for RGB with transparency.</param>
/// <param name="Conversion">State of the latest upload; null if nothing was uploaded.</param>
public sealed record DatasetInfo(
    string Name, int? Train, int? Test, IReadOnlyList<string>? ClassNames, int? Size, int? Height, int? Width, int? Channels, ConversionInfo? Conversion)
{
    /// <summary>Reads a data set.</summary>
    public static DatasetInfo Of(JsonNode json) => json.Deserialize<DatasetInfo>(JsonSerializerOptions.Web)!;
}

/// <summary>The state of a conversion.</summary>
/// <param name="State">The state.</param>
/// <param name="Done">Number of processed files.</param>
/// <param name="Total">Number of files; 0 until the archive is opened.</param>
/// <param name="ProblemCount">Number of skipped files.</param>
/// <param name="Problems">The first hundred skipped files.</param>
/// <param name="Choice">What the pictures are converted to; null until they have been examined.</param>
/// <param name="Error">Why the conversion failed.</param>
public sealed record ConversionInfo(
    string State, int Done, int Total, int ProblemCount, IReadOnlyList<SkippedFile> Problems, ConversionChoiceInfo? Choice, string? Error)
{
    /// <summary>Whether it has ended, well or not.</summary>
    public bool HasEnded => State is "ready" or "failed";
}

/// <summary>A file that was skipped.</summary>
/// <param name="File">Its path in the archive.</param>
/// <param name="Problem">The reason.</param>
public sealed record SkippedFile(string File, string Problem);

/// <summary>What pictures are converted to.</summary>
/// <param name="Fit">How pictures of other proportions fit into a square.</param>
/// <param name="Background">What transparent pictures are composited over.</param>
public sealed record ConversionChoiceInfo(string? Fit, string? Background);
