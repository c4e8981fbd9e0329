namespace GanFunctions.Core.Data.Digits;

/// <summary>
/// A point of a flattened stroke: position in 1/256 of a grid unit or pixel, pressure of the pen in 1/256, and whether a stroke starts
/// here.
/// </summary>
internal readonly record struct PathPoint(int X, int Y, int Pressure, bool StartsStroke);

/// <summary>Approximates the strokes of a handwriting variant by short line segments, with small random deviations.</summary>
internal static class DigitPath
{
    /// <summary>Line segments between two points of a stroke. A power of two, so that the divisions of the spline are shifts.</summary>
    private const int Segments = 4;

    private const int MaxPoints = 16;

    /// <summary>Flattens the strokes of a variant.</summary>
    /// <param name="strokes">Points on the grid, <c>[stroke][point]</c>.</param>
    /// <param name="random">Source of the deviations of points and strokes, and of the pressure.</param>
    /// <param name="path">Receives the points, in 1/256 of a grid unit.</param>
    public static void Flatten((int X, int Y)[][] strokes, ref DigitRandom random, List<PathPoint> path)
    {
        path.Clear();
        Span<(int X, int Y)> buffer = stackalloc (int, int)[MaxPoints];
        foreach (var stroke in strokes)
        {
            var points = buffer[..stroke.Length];
            var (driftX, driftY) = (random.Around(-600, 600), random.Around(-600, 600));
            for (var i = 0; i < points.Length; i++)
            {
                points[i].X = (stroke[i].X << 8) + driftX + random.Around(-500, 500);
                points[i].Y = (stroke[i].Y << 8) + driftY + random.Around(-500, 500);
            }
            var (press, lift) = (random.Between(205, 275), random.Between(175, 265));
            AddSpline(points, press, lift, path);
        }
    }

    /// <summary>
    /// Catmull-Rom spline (Catmull and Rom, "A class of local interpolating splines", 1974) in integer arithmetic. The end points are
    /// duplicated.
    /// </summary>
    private static void AddSpline(ReadOnlySpan<(int X, int Y)> points, int press, int lift, List<PathPoint> path)
    {
        var spans = points.Length - 1;
        for (var step = 0; step <= spans * Segments; step++)
        {
            var span = Math.Min(step / Segments, spans - 1);
            var k = step - span * Segments;
            var (a, b) = (points[Math.Max(span - 1, 0)], points[span]);
            var (c, d) = (points[span + 1], points[Math.Min(span + 2, spans)]);
            var pressure = press + (lift - press) * step / (spans * Segments);
            path.Add(new PathPoint(Spline(a.X, b.X, c.X, d.X, k), Spline(a.Y, b.Y, c.Y, d.Y, k), pressure, step == 0));
        }
    }

    private static int Spline(int a, int b, int c, int d, int k) =>
        (2 * b * (Segments * Segments * Segments)
            + (c - a) * k * (Segments * Segments)
            + (2 * a - 5 * b + 4 * c - d) * k * k * Segments
            + (3 * b - a - 3 * c + d) * k * k * k) / (2 * Segments * Segments * Segments);
}

/// <summary>
/// Distorts, stretches, slants and rotates a path, then normalises it like the digits of MNIST (LeCun, Cortes, Burges, "The MNIST
/// database"): scaled to a box of 20x20 pixels with its aspect ratio preserved, and with its centre of mass at the centre of 28x28 pixels.
/// </summary>
internal static class DigitPose
{
    private const int Box = 20 << 8;
    private const int Centre = 14 << 8;

    /// <summary>Converts grid units to pixels, both in 1/256. The ink never reaches the border of the picture.</summary>
    /// <param name="path">The path; modified in place.</param>
    /// <param name="random">Source of the pose.</param>
    /// <param name="radius">Half the width of the pen, in 1/256 pixel. The ink, not only its centre line, fits into the box.</param>
    public static void Place(List<PathPoint> path, ref DigitRandom random, int radius)
    {
        Distort(path, ref random);

        int left = int.MaxValue, top = int.MaxValue, right = int.MinValue, bottom = int.MinValue;
        foreach (var p in path)
        {
            (left, right) = (Math.Min(left, p.X), Math.Max(right, p.X));
            (top, bottom) = (Math.Min(top, p.Y), Math.Max(bottom, p.Y));
        }
        var extent = Math.Max(right - left, bottom - top);
        var size = Box - 2 * radius - random.Between(0, 300);
        for (var i = 0; i < path.Count; i++)
        {
            var p = path[i];
            path[i] = p with { X = Scale(p.X - left), Y = Scale(p.Y - top) };
        }

        var (massX, massY) = CentreOfMass(path);
        var (width, height) = (Scale(right - left), Scale(bottom - top));
        var margin = 2 * DigitPen.Edge + radius * 9 / 8;
        var shiftX = Math.Clamp(Centre - massX + random.Around(-256, 256), margin, 2 * Centre - margin - width);
        var shiftY = Math.Clamp(Centre - massY + random.Around(-256, 256), margin, 2 * Centre - margin - height);
        for (var i = 0; i < path.Count; i++) path[i] = path[i] with { X = path[i].X + shiftX, Y = path[i].Y + shiftY };

        int Scale(int length) => (int)((long)length * size / extent);
    }

    private static void Distort(List<PathPoint> path, ref DigitRandom random)
    {
        var warp = new DigitWarp(ref random, stackalloc (int, int)[DigitWarp.Nodes]);
        var widen = random.Around(180, 370); // 256 keeps the proportions of the grid
        var slant = random.Around(-95, 165); // most people write with a slant to the right
        var turn = random.Around(-30, 30); // tangent of half the angle in 1/256; at most 13 degrees
        // A rotation without sines: cos = (1 - t^2) / (1 + t^2), sin = 2t / (1 + t^2).
        var (cos, sin, divisor) = (65536 - turn * turn, 512 * turn, 65536 + turn * turn);
        for (var i = 0; i < path.Count; i++)
        {
            var (x, y) = warp.Apply(path[i].X, path[i].Y);
            long slanted = (x * widen - y * slant) / 256;
            var (turnedX, turnedY) = ((slanted * cos - (long)y * sin) / divisor, (slanted * sin + (long)y * cos) / divisor);
            path[i] = path[i] with { X = (int)turnedX, Y = (int)turnedY };
        }
    }

    private static (int X, int Y) CentreOfMass(List<PathPoint> path)
    {
        long sumX = 0, sumY = 0, mass = 1;
        for (var i = 1; i < path.Count; i++)
        {
            if (path[i].StartsStroke) continue;
            var (a, b) = (path[i - 1], path[i]);
            var (width, height) = (Math.Abs(b.X - a.X), Math.Abs(b.Y - a.Y));
            // Length to within 7%, without a square root.
            long ink = (Math.Max(width, height) + Math.Min(width, height) * 3 / 8) * a.Pressure;
            sumX += (a.X + b.X) / 2 * ink;
            sumY += (a.Y + b.Y) / 2 * ink;
            mass += ink;
        }
        return ((int)(sumX / mass), (int)(sumY / mass));
    }
}

/// <summary>
/// Distorts the grid smoothly, so that connected strokes stay connected: random offsets on a coarse lattice with smooth interpolation,
/// similar to the elastic distortions of Simard, Steinkraus and Platt, "Best practices for convolutional neural networks", ICDAR 2003.
/// </summary>
internal readonly ref struct DigitWarp
{
    /// <summary>Number of lattice nodes, which is the required length of <c>offsets</c>.</summary>
    public const int Nodes = Columns * Rows;

    private const int Columns = 4;
    private const int Rows = 5;
    private const int Step = 40 << 8;
    private const int Margin = 20 << 8;
    private readonly Span<(int X, int Y)> _offsets;

    public DigitWarp(ref DigitRandom random, Span<(int X, int Y)> offsets)
    {
        _offsets = offsets;
        for (var i = 0; i < Nodes; i++) offsets[i] = (random.Around(-3400, 3400), random.Around(-3400, 3400));
    }

    /// <summary>The new position of a point; input and output are in 1/256 of a grid unit.</summary>
    public (int X, int Y) Apply(int x, int y)
    {
        var (column, easeX) = Locate(x, Columns);
        var (row, easeY) = Locate(y, Rows);
        var (topLeft, topRight) = (_offsets[row * Columns + column], _offsets[row * Columns + column + 1]);
        var (bottomLeft, bottomRight) = (_offsets[(row + 1) * Columns + column], _offsets[(row + 1) * Columns + column + 1]);
        return (
            x + Mix(Mix(topLeft.X, topRight.X, easeX), Mix(bottomLeft.X, bottomRight.X, easeX), easeY),
            y + Mix(Mix(topLeft.Y, topRight.Y, easeX), Mix(bottomLeft.Y, bottomRight.Y, easeX), easeY));
    }

    private static (int Cell, int Ease) Locate(int position, int nodes)
    {
        var inside = Math.Clamp(position + Margin, 0, (nodes - 1) * Step - 1);
        var t = inside % Step * 256 / Step;
        return (inside / Step, t * t * (768 - 2 * t) >> 16); // 3t^2 - 2t^3
    }

    private static int Mix(int from, int to, int share) => from + (to - from) * share / 256;
}
