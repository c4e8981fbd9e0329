
namespace GanFunctions.Core.Pictures;

/// <summary>A few pictures of a data set, evenly over its classes, to look at.</summary>
/// <param name="shape">Of every picture.</param>
/// <param name="count">Pictures to train on.</param>
/// <param name="labels"><c>[count]</c>, or none.</param>
internal sealed class Preview(PictureShape shape, int count, IReadOnlyList<byte>? labels)
{
    private const int Columns = 8;
    private const int Cells = Columns * Columns;
    private readonly Dictionary<int, byte[]?> _chosen = Choose(count, labels).ToDictionary(index => index, _ => (byte[]?)null);

    /// <summary>The grid of a data set in memory.</summary>
    public static byte[] Of(ImageSet set)
    {
        var preview = new Preview(set.Shape, set.Count, set.Labels);
        foreach (var index in preview._chosen.Keys) preview.Show(index, set.Pixels.AsSpan(index * set.Shape.Size, set.Shape.Size));
        return preview.Png();
    }

    /// <summary>Takes a picture, if it is one of those that were chosen.</summary>
    public void Show(int index, ReadOnlySpan<byte> pixels)
    {
        if (_chosen.ContainsKey(index)) _chosen[index] = pixels.ToArray();
    }

    /// <summary>Eight rows of eight, class after class.</summary>
    public byte[] Png() => PictureGrid.Png(
        [.. _chosen.Values.SelectMany(picture => picture!)], shape, Columns, scale: Math.Max(1, 64 / shape.Side));

    private static List<int> Choose(int count, IReadOnlyList<byte>? labels)
    {
        var classes = Enumerable.Range(0, count).GroupBy(index => labels?[index] ?? 0).OrderBy(group => group.Key).Select(group => group.ToArray()).ToArray();
        var wanted = Enumerable.Range(0, Cells).GroupBy(cell => cell * classes.Length / Cells);
        return [.. wanted.SelectMany(cells => classes[cells.Key].Take(cells.Count()))];
    }
}
