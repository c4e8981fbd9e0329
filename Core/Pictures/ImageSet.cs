using System.Globalization;

namespace GanFunctions.Core.Pictures;

/// <summary>Pictures in memory, with their labels if there are any.</summary>
/// <param name="Pixels"><c>[count, channels, height, width]</c>, row-major, 0 to 255.</param>
/// <param name="Labels"><c>[count]</c>; null if the pictures have no labels.</param>
/// <param name="Count">Number of pictures.</param>
/// <param name="Height">Height of a picture in pixels.</param>
/// <param name="Width">Width of a picture in pixels.</param>
/// <param name="Channels">Number of channels, as in <see cref="PictureShape"/>.</param>
public sealed record ImageSet(byte[] Pixels, byte[]? Labels, int Count, int Height, int Width, int Channels = 1)
{
    /// <summary>Shape of each picture. The pictures must be square.</summary>
    public PictureShape Shape => new(Height, Channels);

    /// <summary>A picture, <c>[channels, height, width]</c>.</summary>
    public ReadOnlySpan<byte> Picture(int index) => Pixels.AsSpan(index * Channels * Height * Width, Channels * Height * Width);

    /// <summary>The distinct labels in ascending order; empty if the pictures have no labels.</summary>
    public IReadOnlyList<byte> DistinctLabels() => Labels is null ? [] : [.. Labels.Distinct().Order()];

    /// <summary>
    /// The class of each picture: the index of its label in <paramref name="labels"/>, or -1 if that does not contain it.
    /// </summary>
    public long[] ClassesOf(IReadOnlyList<byte> labels)
    {
        var classes = Enumerable.Repeat(-1L, byte.MaxValue + 1).ToArray();
        foreach (var (index, label) in labels.Index()) classes[label] = index;
        return [.. Labels!.Select(label => classes[label])];
    }
}

/// <summary>Size and colour of the pictures that a network works with. They are square.</summary>
/// <param name="Side">Height and width in pixels, one of <see cref="Sides"/>.</param>
/// <param name="Channels">1 for grey, 3 for red, green and blue, 4 for these premultiplied by alpha, and alpha.</param>
public readonly record struct PictureShape(int Side, int Channels)
{
    /// <summary>The shape of MNIST pictures: 28x28, grey.</summary>
    public static PictureShape Mnist { get; } = new(28, 1);

    /// <summary>The supported sides, in pixels.</summary>
    public static IReadOnlyList<int> Sides { get; } = [28, 32, 64, 128];

    /// <summary>The supported numbers of channels.</summary>
    public static IReadOnlyList<int> ChannelCounts { get; } = [1, 3, 4];

    /// <summary>Whether there are networks for this shape.</summary>
    public bool IsKnown => Sides.Contains(Side) && ChannelCounts.Contains(Channels);

    /// <summary>Whether pixels can be transparent. The last channel is then alpha: 0 for transparent, 255 for opaque.</summary>
    public bool HasAlpha => Channels == 4;

    /// <summary>Number of bytes in a picture.</summary>
    public int Size => Side * Side * Channels;

    /// <summary>Parses the format of <see cref="ToString"/>; null if the text has another format.</summary>
    public static PictureShape? Parse(string text) =>
        text.Split('x') is [var rows, var columns, var channels] && rows == columns
        && int.TryParse(rows, NumberStyles.None, CultureInfo.InvariantCulture, out var side)
        && int.TryParse(channels, NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            ? new(side, count)
            : null;

    /// <summary>The shape as height, width and channels, such as <c>28x28x1</c>.</summary>
    public override string ToString() => $"{Side}x{Side}x{Channels}";
}
