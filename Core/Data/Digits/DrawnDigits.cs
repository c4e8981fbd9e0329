using GanFunctions.Core.Pictures;


namespace GanFunctions.Core.Data.Digits;

/// <summary>
/// The built-in data set <c>digits</c>: synthetic handwritten digits, white on black, in the format of MNIST. It uses only integer
/// arithmetic, so that every machine draws the same pixels. Drawing takes a second or two and needs neither network nor storage.
/// </summary>
public static class DrawnDigits
{
    /// <summary>The name of the data set in the catalog.</summary>
    public const string Name = "digits";

    /// <summary>Number of training pictures.</summary>
    public const int TrainCount = 60_000;

    /// <summary>Number of held-out pictures.</summary>
    public const int TestCount = 10_000;

    /// <summary>SHA-256 of the data set, the same on every machine.</summary>
    public const string Sha256 = "ee33837492228a80839e1f23da35e8bd20b34ab0c3292b44a39d836baade15c5";

    private const ulong TrainStream = 1;
    private const ulong TestStream = 2;

    /// <summary>Draws the whole data set.</summary>
    public static (ImageSet Train, ImageSet Test) Draw(CancellationToken cancellation = default) =>
        (DrawSplit(TrainStream, TrainCount, cancellation), DrawSplit(TestStream, TestCount, cancellation));

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

    /// <summary>
    /// Every ten consecutive pictures are a permutation of the ten digits, so the classes are balanced, even in parts of the data set.
    /// </summary>
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
        var radius = random.Around(180, 540); // a pen that is 1.4 to 4.2 pixels wide, typically 2.8
        DigitPath.Flatten(hands[random.Below(hands.Length)], ref random, path);
        DigitPose.Place(path, ref random, radius);
        DigitPen.Draw(path, radius, pixels);
    }
}

/// <summary>
/// Integer random numbers for one picture, a pure function of (split, index). The generator is SplitMix64: Steele, Lea, Flood,
/// "Fast splittable pseudorandom number generators", OOPSLA 2014; the constants are those of Vigna's splitmix64.c.
/// </summary>
internal struct DigitRandom
{
    private const ulong GoldenGamma = 0x9E3779B97F4A7C15;
    private ulong _state;

    public DigitRandom(ulong stream, long index)
    {
        _state = stream;
        _state = Next() ^ (ulong)index;
        _state = Next(); // decorrelates neighbouring indices
    }

    public ulong Next()
    {
        var z = _state += GoldenGamma;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>Uniform from 0 to <paramref name="count"/> - 1 (to one part in 2^32).</summary>
    public int Below(int count) => (int)(((Next() >> 32) * (ulong)count) >> 32);

    /// <summary>Uniform, both ends included.</summary>
    public int Between(int low, int high) => low + Below(high - low + 1);

    /// <summary>Bell-shaped, both ends included: the mean of three uniform numbers.</summary>
    public int Around(int low, int high) => (Between(low, high) + Between(low, high) + Between(low, high)) / 3;
}

/// <summary>A round pen that draws anti-aliased lines in integer arithmetic.</summary>
internal static class DigitPen
{
    /// <summary>Height and width of a picture.</summary>
    public const int Side = 28;

    /// <summary>
    /// Half the width of the soft edge, in 1/256 pixel. Sharper edges show aliasing; the edges of MNIST are similarly soft.
    /// </summary>
    public const int Edge = 150;

    /// <summary>Draws a path in white over the existing picture.</summary>
    /// <param name="path">Points in 1/256 pixel.</param>
    /// <param name="radius">Half the width of the pen at a pressure of 256, in 1/256 pixel.</param>
    /// <param name="pixels">The picture, <c>[28, 28]</c>.</param>
    public static void Draw(List<PathPoint> path, int radius, Span<byte> pixels)
    {
        for (var i = 1; i < path.Count; i++)
        {
            if (path[i].StartsStroke) continue;
            DrawLine(path[i - 1], path[i], Math.Max(radius * path[i].Pressure / 256, Edge), pixels);
        }
    }

    private static void DrawLine(PathPoint a, PathPoint b, int radius, Span<byte> pixels)
    {
        var (dx, dy) = (b.X - a.X, b.Y - a.Y);
        var squaredLength = dx * dx + dy * dy;
        // The brightness falls from 255 to 0 between these squared distances. It is linear in the square, so no square root is needed.
        var (inner, outer) = ((radius - Edge) * (radius - Edge), (radius + Edge) * (radius + Edge));
        var slope = (255L << 24) / (outer - inner);
        var reach = radius + Edge;
        var (top, bottom) = (Pixel(Math.Min(a.Y, b.Y) - reach), Pixel(Math.Max(a.Y, b.Y) + reach));
        var (left, right) = (Pixel(Math.Min(a.X, b.X) - reach), Pixel(Math.Max(a.X, b.X) + reach));
        for (var row = top; row <= bottom; row++)
        {
            for (var column = left; column <= right; column++)
            {
                ref var pixel = ref pixels[row * Side + column];
                if (pixel == 255) continue;
                var (x, y) = ((column << 8) + 128 - a.X, (row << 8) + 128 - a.Y);
                var along = x * dx + y * dy;
                if (along >= squaredLength)
                {
                    x -= dx;
                    y -= dy;
                }
                else if (along > 0)
                {
                    var share = (int)(((long)along << 10) / squaredLength);
                    x -= dx * share >> 10;
                    y -= dy * share >> 10;
                }
                var distance = x * x + y * y;
                if (distance >= outer) continue;
                pixel = distance <= inner ? (byte)255 : Math.Max(pixel, (byte)((outer - distance) * slope >> 24));
            }
        }
    }

    private static int Pixel(int position) => Math.Clamp(position >> 8, 0, Side - 1);
}
