using GanFunctions.Core.Data;


namespace GanFunctions.Functions.Datasets;

/// <summary>A data set as the API shows it: what is stored, and how the latest upload of that name is getting on. What is not known of it yet is null.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Source"><c>built-in</c>, <c>known</c> (can be fetched by name) or <c>stored</c> (someone uploaded it).</param>
/// <param name="Stored">Whether it is in Blob Storage.</param>
/// <param name="Train">Pictures to train on.</param>
/// <param name="Test">Pictures held out, if there are any.</param>
/// <param name="Classes">Different labels, if there are labels.</param>
/// <param name="ClassNames">What the labels stand for, by label, where that is known.</param>
/// <param name="Size">Rows of a picture, in pixels: as <paramref name="Height"/>.</param>
/// <param name="Height">Rows of a picture, in pixels.</param>
/// <param name="Width">Columns of a picture, in pixels.</param>
/// <param name="Channels">1 is grey, 3 is red, green and blue.</param>
/// <param name="Sha256">Of its content.</param>
/// <param name="Description">What it shows and where it came from, for people.</param>
/// <param name="Conversion">How the latest upload is getting on; null where nothing was uploaded.</param>
/// <param name="Links">Where to go on.</param>
public sealed record DatasetView(
    string Name, string Source, bool Stored, int? Train, int? Test, int? Classes, IReadOnlyList<string>? ClassNames, int? Size, int? Height,
    int? Width, int? Channels, string? Sha256, string Description, ConversionView? Conversion, DatasetLinks Links)
{
    /// <summary>The view; null where there is neither.</summary>
    public static DatasetView? Of(DatasetInfo? info, Conversion? conversion)
    {
        var name = info?.Name ?? conversion?.Name;
        if (name is null) return null;
        info ??= new DatasetInfo(name, "stored", Stored: false, null, null, null, null, null, null, null, "Uploaded; nothing is stored of it yet");
        return new DatasetView(
            name, info.Source, info.Stored, info.Train, info.Test, info.Classes, info.ClassNames, info.Height, info.Height, info.Width, info.Channels,
            info.Sha256, info.Description, conversion is null ? null : ConversionView.Of(conversion), new($"/api/datasets/{name}", $"/api/datasets/{name}/preview"));
    }
}

/// <summary>How a conversion is getting on.</summary>
/// <param name="State">Where it stands.</param>
/// <param name="Done">Files looked at.</param>
/// <param name="Total">Files there are; 0 until the archive was opened.</param>
/// <param name="ProblemCount">Files passed over.</param>
/// <param name="Problems">The first hundred of them.</param>
/// <param name="Error">Why it failed.</param>
public sealed record ConversionView(
    ConversionState State, int Done, int Total, int ProblemCount, IReadOnlyList<FileProblem> Problems, string? Error)
{
    internal static ConversionView Of(Conversion conversion) => new(
        conversion.State, conversion.Done, conversion.Total, conversion.ProblemCount,
        [.. conversion.Problems.Select(problem => problem with { Problem = DatasetProblems.WithSettings(problem.Problem) })],
        conversion.Error is { } error ? DatasetProblems.WithSettings(error) : null);
}

/// <summary>The data sets there are.</summary>
/// <param name="Datasets">Built in, known, uploaded.</param>
public sealed record DatasetList(IReadOnlyList<DatasetView> Datasets);

/// <summary>Where to go on.</summary>
/// <param name="Self">The data set, and its conversion.</param>
/// <param name="Preview">Some of its pictures.</param>
public sealed record DatasetLinks(string Self, string Preview);
