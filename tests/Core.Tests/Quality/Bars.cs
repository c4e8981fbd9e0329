using GanFunctions.Core.Data;
using GanFunctions.Core.Pictures;

namespace GanFunctions.Core.Tests.Quality;

/// <summary>Simple labelled pictures: a bright bar, thick or thin, at one of four heights; the label is the height.</summary>
internal static class Bars
{
    private const int Heights = 4;

    /// <summary>Few pictures for a quality reference, and as many of a test set: it is built in a second or two.</summary>
    public static Dataset Few() => Dataset.Of("few bars", Of(60).Train, Of(64).Train);

    public static Dataset Of(int count, bool labelled = true)
    {
        var random = new Random(1);
        var pixels = new byte[count * 784];
        for (var index = 0; index < count; index++)
        {
            var (top, thickness, shade) = (4 + index % Heights * 6, random.Next(1, 4), (byte)random.Next(150, 256));
            pixels.AsSpan(index * 784 + top * 28, thickness * 28).Fill(shade);
        }
        var labels = labelled ? Enumerable.Range(0, count).Select(index => (byte)(index % Heights)).ToArray() : null;
        return Dataset.Of("bars", new ImageSet(pixels, labels, count, 28, 28), null);
    }
}
