using static TorchSharp.torch;

namespace GanFunctions.Core.Pictures;

/// <summary>Some of the pictures of a set, in a given order. They stay where they are: only a batch at a time is copied into a tensor.</summary>
/// <param name="Pictures">The set.</param>
/// <param name="Indexes">Which of its pictures.</param>
internal sealed record PictureSelection(ImageSet Pictures, int[] Indexes)
{
    /// <summary>All pictures of a set.</summary>
    public static PictureSelection All(ImageSet pictures) => new(pictures, [.. Enumerable.Range(0, pictures.Count)]);

    /// <summary>Number of pictures.</summary>
    public int Count => Indexes.Length;

    /// <summary>The first pictures, at most <paramref name="max"/>.</summary>
    public PictureSelection First(int max) => this with { Indexes = Indexes[..Math.Min(Count, max)] };

    /// <summary>Consecutive pictures, <c>[count, channels, side, side]</c> bytes.</summary>
    public Tensor Batch(long start, long count) => Of(Indexes.AsSpan((int)start, (int)count));

    /// <summary>The pictures at <paramref name="positions"/>, <c>[count]</c> int64: <c>[count, channels, side, side]</c> bytes.</summary>
    public Tensor Batch(Tensor positions) => Of([.. positions.data<long>().Select(position => Indexes[position])]);

    private Tensor Of(ReadOnlySpan<int> indexes)
    {
        var batch = empty([indexes.Length, Pictures.Channels, Pictures.Height, Pictures.Width], ScalarType.Byte);
        var size = Pictures.Shape.Size;
        var pixels = batch.bytes;
        for (var position = 0; position < indexes.Length; position++) Pictures.Picture(indexes[position]).CopyTo(pixels.Slice(position * size, size));
        return batch;
    }
}
