namespace GanFunctions.Core.Data;

/// <summary>What is known of a data set without reading it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Source"><c>built-in</c>, <c>known</c> (can be fetched by name) or <c>stored</c> (someone uploaded it).</param>
/// <param name="Stored">Is it in Blob Storage?</param>
/// <param name="Train">Pictures to train on.</param>
/// <param name="Test">Pictures held out, if there are any.</param>
/// <param name="Classes">Different labels, if there are labels.</param>
/// <param name="Height">Rows of a picture, in pixels.</param>
/// <param name="Width">Columns of a picture, in pixels.</param>
/// <param name="Channels">1 is grey, 3 is red, green and blue.</param>
/// <param name="Sha256">See <see cref="Dataset.Sha256"/>.</param>
/// <param name="Description">What it shows and where it came from, for people.</param>
/// <param name="ClassNames">What the labels stand for, by label, where that is known.</param>
public sealed record DatasetInfo(
    string Name, string Source, bool Stored, int? Train, int? Test, int? Classes, int? Height, int? Width, int? Channels, string? Sha256,
    string Description, IReadOnlyList<string>? ClassNames = null);
