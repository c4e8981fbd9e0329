using GanFunctions.Core.Data;
using GanFunctions.Core.Pictures;

namespace GanFunctions.Core.Tests.Quality;

/// <summary>Simple labelled pictures: a bright bar, thick or thin, at one of four heights; the label is the height.</summary>
internal static class Bars
{
    private const int Heights = 4;

    /// <summary>The smallest pictures that have features: a quality reference of them is built in a second or two.</summary>
    public const int SmallSide = 16;

    /// <summary>Few pictures for a quality reference, and as many of a test set.</summary>
    public static Dataset Few() => Dataset.Of("few bars", Of(60, side: SmallSide).Train, Of(64, side: SmallSide).Train);

    public static Dataset Of(int count, bool labelled = true, int side = 28)
    {
        var random = new Random(1);
        var pixels = new byte[count * side * side];
        for (var index = 0; index < count; index++)
        {
            var (top, thickness, shade) = (index % Heights * (side / Heights), random.Next(1, 4), (byte)random.Next(150, 256));
            pixels.AsSpan((index * side + top) * side, thickness * side).Fill(shade);
        }
        var labels = labelled ? Enumerable.Range(0, count).Select(index => (byte)(index % Heights)).ToArray() : null;
        return Dataset.Of("bars", new ImageSet(pixels, labels, count, side, side), null);
    }
}
