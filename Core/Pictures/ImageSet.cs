using System.Globalization;

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

/// <summary>How large the pictures are that a network draws and tells apart: square, and grey or in colour.</summary>
/// <param name="Side">Rows and columns, in pixels: one of <see cref="Sides"/>.</param>
/// <param name="Channels">1 is grey, 3 is red, green and blue.</param>
public readonly record struct PictureShape(int Side, int Channels)
{
    /// <summary>MNIST's: 28x28, grey.</summary>
    public static PictureShape Mnist { get; } = new(28, 1);

    /// <summary>Sides there are networks for.</summary>
    public static IReadOnlyList<int> Sides { get; } = [28, 32, 64];

    /// <summary>Channels there are networks for.</summary>
    public static IReadOnlyList<int> ChannelCounts { get; } = [1, 3];

    /// <summary>Whether there are networks for it.</summary>
    public bool IsKnown => Sides.Contains(Side) && ChannelCounts.Contains(Channels);

    /// <summary>Bytes of a picture.</summary>
    public int Size => Side * Side * Channels;

    /// <summary>Reads what <see cref="ToString"/> writes; null where it is something else.</summary>
    public static PictureShape? Parse(string text) =>
        text.Split('x') is [var rows, var columns, var channels] && rows == columns
        && int.TryParse(rows, NumberStyles.None, CultureInfo.InvariantCulture, out var side)
        && int.TryParse(channels, NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            ? new(side, count)
            : null;

    /// <summary>As <c>28x28x1</c>.</summary>
    public override string ToString() => $"{Side}x{Side}x{Channels}";
}
