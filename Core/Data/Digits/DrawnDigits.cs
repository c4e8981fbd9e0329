using GanFunctions.Core.Pictures;


namespace GanFunctions.Core.Data.Digits;

/// <summary>
/// The built-in data set <c>digits</c>: handwriting drawn from strokes of our own, white on black, laid out like MNIST. Integer arithmetic
/// only: every machine draws the same bytes. It is made in a second or two and needs neither network nor storage.
/// </summary>
public static class DrawnDigits
{
    /// <summary>Its name in the catalog.</summary>
    public const string Name = "digits";

    /// <summary>Pictures to train on.</summary>
    public const int TrainCount = 60_000;

    /// <summary>Pictures held out.</summary>
    public const int TestCount = 10_000;

    /// <summary>The data set's <see cref="Dataset.Sha256"/>: the same for everyone.</summary>
    public const string Sha256 = "ee33837492228a80839e1f23da35e8bd20b34ab0c3292b44a39d836baade15c5";

    private const ulong TrainStream = 1;
    private const ulong TestStream = 2;

    /// <summary>Draws the whole set.</summary>
    public static Dataset Draw(CancellationToken cancellation = default) =>
        Dataset.Of(Name, DrawSplit(TrainStream, TrainCount, cancellation), DrawSplit(TestStream, TestCount, cancellation));

    private static ImageSet DrawSplit(ulong stream, int count, CancellationToken cancellation)
    {
        const int size = DigitPen.Side * DigitPen.Side;
        var (pixels, labels) = (new byte[count * size], new byte[count]);
        Parallel.For(0, count, new ParallelOptions { CancellationToken = cancellation }, () => new List<PathPoint>(), (i, _, path) =>
        {
            labels[i] = LabelAt(stream, i);
            DrawPicture(labels[i], new DigitRandom(stream, i), path, pixels.AsSpan(i * size, size));
            return path;
        }, _ => { });
        return new ImageSet(pixels, labels, count, DigitPen.Side, DigitPen.Side);
    }

    /// <summary>Each ten pictures in a row are the ten digits, shuffled: the classes are balanced, and so is any stretch of them.</summary>
    private static byte LabelAt(ulong stream, int index)
    {
        Span<byte> ten = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
        var random = new DigitRandom(~stream, index / 10);
        for (var i = ten.Length - 1; i > 0; i--)
        {
            var other = random.Below(i + 1);
            (ten[i], ten[other]) = (ten[other], ten[i]);
        }
        return ten[index % 10];
    }

    private static void DrawPicture(byte digit, DigitRandom random, List<PathPoint> path, Span<byte> pixels)
    {
        var hands = DigitStrokes.Hands[digit];
        var radius = random.Around(180, 540); // a pen 1.4 to 4.2 pixels wide, most about 2.8
        DigitPath.Flatten(hands[random.Below(hands.Length)], ref random, path);
        DigitPose.Place(path, ref random, radius);
        DigitPen.Draw(path, radius, pixels);
    }
}
