namespace GanFunctions.Core.Pictures;

/// <summary>Pictures in memory, and what they show if that is known.</summary>
/// <param name="Pixels"><c>[count, channels, height, width]</c>, 0 to 255, row by row.</param>
/// <param name="Labels"><c>[count]</c>, or none.</param>
/// <param name="Count">Number of pictures.</param>
/// <param name="Height">Rows of a picture, in pixels.</param>
/// <param name="Width">Columns of a picture, in pixels.</param>
/// <param name="Channels">1 is grey, 3 is red, green and blue.</param>
public sealed record ImageSet(byte[] Pixels, byte[]? Labels, int Count, int Height, int Width, int Channels = 1)
{
    /// <summary>Of every picture, where they are square.</summary>
    public PictureShape Shape => new(Height, Channels);

    /// <summary>A picture, <c>[channels, height, width]</c>.</summary>
    public ReadOnlySpan<byte> Picture(int index) => Pixels.AsSpan(index * Channels * Height * Width, Channels * Height * Width);

    /// <summary>The labels that occur, rising; none where there are no labels.</summary>
    public IReadOnlyList<byte> DistinctLabels() => Labels is null ? [] : [.. Labels.Distinct().Order()];

    /// <summary>The class of every picture: the place of its label in <paramref name="labels"/>, -1 for one that is not there.</summary>
    public long[] ClassesOf(IReadOnlyList<byte> labels)
    {
        var places = Enumerable.Repeat(-1L, byte.MaxValue + 1).ToArray();
        foreach (var (place, label) in labels.Index()) places[label] = place;
        return [.. Labels!.Select(label => places[label])];
    }
}
