
namespace GanFunctions.Core.Data.Digits;

/// <summary>
/// A point of a flattened stroke: in 1/256 of a grid unit or pixel; the pressure of the pen in 1/256; does the pen come down here?
/// </summary>
internal readonly record struct PathPoint(int X, int Y, int Pressure, bool StartsStroke);

/// <summary>Turns the strokes of a hand into short straight pieces, a little different each time.</summary>
internal static class DigitPath
{
    /// <summary>Straight pieces per span between two points of a stroke. A power of two, so that the spline divides by shifting.</summary>
    private const int Pieces = 4;

    private const int MostPoints = 16;

    /// <summary>Flattens a hand.</summary>
    /// <param name="strokes">Points on the grid, <c>[stroke][point]</c>.</param>
    /// <param name="random">Shaky hand: where points and strokes stray, and how the pressure runs.</param>
    /// <param name="path">Receives the points, in 1/256 of a grid unit.</param>
    public static void Flatten((int X, int Y)[][] strokes, ref DigitRandom random, List<PathPoint> path)
    {
        path.Clear();
        Span<(int X, int Y)> room = stackalloc (int, int)[MostPoints];
        foreach (var stroke in strokes)
        {
            var points = room[..stroke.Length];
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

    /// <summary>Catmull and Rom's spline ("A class of local interpolating splines", 1974) in integers; the ends stand twice.</summary>
    private static void AddSpline(ReadOnlySpan<(int X, int Y)> points, int press, int lift, List<PathPoint> path)
    {
        var spans = points.Length - 1;
        for (var step = 0; step <= spans * Pieces; step++)
        {
            var span = Math.Min(step / Pieces, spans - 1);
            var k = step - span * Pieces;
            var (a, b) = (points[Math.Max(span - 1, 0)], points[span]);
            var (c, d) = (points[span + 1], points[Math.Min(span + 2, spans)]);
            var pressure = press + (lift - press) * step / (spans * Pieces);
            path.Add(new PathPoint(Spline(a.X, b.X, c.X, d.X, k), Spline(a.Y, b.Y, c.Y, d.Y, k), pressure, step == 0));
        }
    }

    private static int Spline(int a, int b, int c, int d, int k) =>
        (2 * b * (Pieces * Pieces * Pieces)
            + (c - a) * k * (Pieces * Pieces)
            + (2 * a - 5 * b + 4 * c - d) * k * k * Pieces
            + (3 * b - a - 3 * c + d) * k * k * k) / (2 * Pieces * Pieces * Pieces);
}
