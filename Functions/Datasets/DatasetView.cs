using System.Text.Json.Serialization;
using GanFunctions.Core.Data;

namespace GanFunctions.Functions.Datasets;

/// <summary>
/// A data set as the API returns it: what is stored, and the state of the latest upload of that name. Values that are not
/// known yet are null.
/// </summary>
/// <param name="Name">Its name.</param>
/// <param name="Source"><c>built-in</c>, <c>known</c> (downloadable by name) or <c>stored</c> (uploaded).</param>
/// <param name="Stored">Whether it is in Blob Storage.</param>
/// <param name="Train">Number of training pictures.</param>
/// <param name="Test">Number of held-out pictures, if there are any.</param>
/// <param name="Classes">Number of different labels, if there are labels.</param>
/// <param name="ClassNames">Names of the classes by label, if they are known.</param>
/// <param name="Labels">The different labels in ascending order; absent if there are none, or if an earlier version of the app stored the data set.</param>
/// <param name="Size">Same as <paramref name="Height"/>.</param>
/// <param name="Height">Height of a picture in pixels.</param>
/// <param name="Width">Width of a picture in pixels.</param>
/// <param name="Channels">1 for greyscale, 3 for RGB, 4 for RGB with transparency.</param>
/// <param name="Sha256">SHA-256 of its content.</param>
/// <param name="Description">What the pictures show and where they come from.</param>
/// <param name="Conversion">State of the latest upload; null if nothing was uploaded.</param>
/// <param name="Links">Links to its resources.</param>
public sealed record DatasetView(
    string Name, string Source, bool Stored, int? Train, int? Test, int? Classes, IReadOnlyList<string>? ClassNames,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<int>? Labels, int? Size, int? Height, int? Width,
    int? Channels, string? Sha256, string Description, ConversionView? Conversion, DatasetLinks Links)
{
    /// <summary>The view; null if both arguments are null.</summary>
    public static DatasetView? Of(DatasetInfo? info, Conversion? conversion)
    {
        var name = info?.Name ?? conversion?.Name;
        if (name is null) return null;
        info ??= new DatasetInfo(name, "stored", Stored: false, null, null, null, null, null, null, null, "Uploaded; not converted yet");
        return new DatasetView(
            name, info.Source, info.Stored, info.Train, info.Test, info.Classes, info.ClassNames, info.Labels, info.Height, info.Height, info.Width,
            info.Channels, info.Sha256, info.Description, conversion is null ? null : ConversionView.Of(conversion),
            new($"/api/datasets/{name}", $"/api/datasets/{name}/preview"));
    }

    /// <summary>The description that training options are fitted to.</summary>
    internal DatasetInfo ToInfo() => new(Name, Source, Stored, Train, Test, Classes, Height, Width, Channels, Sha256, Description, ClassNames);
}

/// <summary>The state of a conversion.</summary>
/// <param name="State">The state.</param>
/// <param name="Done">Number of processed files.</param>
/// <param name="Total">Number of files; 0 until the archive is opened.</param>
/// <param name="ProblemCount">Number of skipped files.</param>
/// <param name="Problems">The first hundred skipped files, and why.</param>
/// <param name="Choice">Size, channels, fit and background of the pictures, and why; null until they have been examined, and for IDX files.</param>
/// <param name="Error">Why the conversion failed.</param>
public sealed record ConversionView(
    ConversionState State, int Done, int Total, int ProblemCount, IReadOnlyList<FileProblem> Problems, ConversionChoice? Choice, string? Error)
{
    internal static ConversionView Of(Conversion conversion) => new(
        conversion.State, conversion.Done, conversion.Total, conversion.ProblemCount,
        [.. conversion.Problems.Select(problem => problem with { Problem = DatasetProblems.WithSettings(problem.Problem) })],
        conversion.Choice,
        conversion.Error is { } error ? DatasetProblems.WithSettings(error) : null);
}

/// <summary>A list of data sets.</summary>
/// <param name="Datasets">Built-in, known and uploaded data sets.</param>
public sealed record DatasetList(IReadOnlyList<DatasetView> Datasets);

/// <summary>Links of a data set.</summary>
/// <param name="Self">The data set and its conversion.</param>
/// <param name="Preview">A grid of some of its pictures.</param>
public sealed record DatasetLinks(string Self, string Preview);
