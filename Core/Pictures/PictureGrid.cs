using NetVips;

namespace GanFunctions.Core.Pictures;

/// <summary>Arranges pictures of one shape in a grid.</summary>
public static class PictureGrid
{
    internal const int Gap = 2; // pixels between pictures, before scaling

    /// <summary>Arranges pictures row by row on a black background, or on a transparent one if they have alpha.</summary>
    /// <param name="pictures"><c>[count, channels, side, side]</c>, 0 to 255.</param>
    /// <param name="shape">Shape of each picture.</param>
    /// <param name="columns">Maximum number of pictures in a row.</param>
    /// <param name="scale">Each pixel is enlarged to a square with this side, while the picture is encoded.</param>
    /// <param name="frames">Number of grids with an equal share of the pictures, one below another: the frames of an animation.</param>
    /// <returns>The grid; the caller disposes it.</returns>
    public static Image Of(ReadOnlySpan<byte> pictures, PictureShape shape, int columns, int scale, int frames = 1)
    {
        var count = pictures.Length / shape.Size / frames;
        var (width, height) = SizeOf(count, shape, columns, scale: 1);
        columns = Math.Min(columns, count);
        var grid = new byte[frames * height * width * shape.Channels];
        for (var index = 0; index < frames * count; index++)
        {
            var (frame, place) = Math.DivRem(index, count);
            var corner = (frame * height + place / columns * (shape.Side + Gap)) * width + place % columns * (shape.Side + Gap);
            Pixels.Interleave(pictures.Slice(index * shape.Size, shape.Size), shape, grid.AsSpan(corner * shape.Channels), width);
        }
        using var bytes = Image.NewFromMemory(grid, width, frames * height, shape.Channels, Enums.BandFormat.Uchar);
        using var image = bytes.Copy(interpretation: shape.Channels == 1 ? Enums.Interpretation.Bw : Enums.Interpretation.Srgb);
        return image.Zoom(scale, scale);
    }

    /// <summary>The size of a grid in pixels.</summary>
    public static (int Width, int Height) SizeOf(int count, PictureShape shape, int columns, int scale)
    {
        columns = Math.Min(columns, count);
        var rows = (count + columns - 1) / columns;
        return ((columns * (shape.Side + Gap) - Gap) * scale, (rows * (shape.Side + Gap) - Gap) * scale);
    }

    /// <summary>Encodes a grid as PNG.</summary>
    /// <exception cref="OperationCanceledException">The encoding was cancelled.</exception>
    public static byte[] Png(ReadOnlySpan<byte> pictures, PictureShape shape, int columns, int scale, CancellationToken cancellation = default)
    {
        using var grid = Of(pictures, shape, columns, scale);
        return PictureEncoder.Encode(grid, PictureFormat.Png, cancellation);
    }
}

/// <summary>A grid with a few pictures of a data set, spread evenly over its classes.</summary>
/// <param name="shape">Shape of each picture.</param>
/// <param name="count">Number of training pictures.</param>
/// <param name="labels"><c>[count]</c>; null if the pictures have no labels.</param>
internal sealed class Preview(PictureShape shape, int count, IReadOnlyList<byte>? labels)
{
    private const int Columns = 8;
    private const int Cells = Columns * Columns;
    private readonly Dictionary<int, byte[]?> _chosen = Choose(count, labels).ToDictionary(index => index, _ => (byte[]?)null);

    /// <summary>The preview of a data set in memory, as PNG.</summary>
    public static byte[] Of(ImageSet set)
    {
        var preview = new Preview(set.Shape, set.Count, set.Labels);
        foreach (var index in preview._chosen.Keys) preview.AddIfChosen(index, set.Pixels.AsSpan(index * set.Shape.Size, set.Shape.Size));
        return preview.Png();
    }

    /// <summary>Adds a picture to the preview if it was chosen for it.</summary>
    public void AddIfChosen(int index, ReadOnlySpan<byte> pixels)
    {
        if (_chosen.ContainsKey(index)) _chosen[index] = pixels.ToArray();
    }

    /// <summary>The preview as PNG: eight rows of eight pictures, sorted by class.</summary>
    public byte[] Png() => PictureGrid.Png(
        [.. _chosen.Values.SelectMany(picture => picture!)], shape, Columns, scale: Math.Max(1, 64 / shape.Side));

    private static List<int> Choose(int count, IReadOnlyList<byte>? labels)
    {
        var classes = Enumerable.Range(0, count)
            .GroupBy(index => labels?[index] ?? 0).OrderBy(group => group.Key).Select(group => group.ToArray()).ToArray();
        var wanted = Enumerable.Range(0, Cells).GroupBy(cell => cell * classes.Length / Cells);
        return [.. wanted.SelectMany(cells => classes[cells.Key].Take(cells.Count()))];
    }
}
