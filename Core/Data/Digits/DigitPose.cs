
namespace GanFunctions.Core.Data.Digits;

/// <summary>
/// Bends, widens, slants and turns a path, then puts it on the page as NIST's digits were put on MNIST's (LeCun, Cortes, Burges, "The MNIST
/// database"): fitted into a box of 20x20 pixels without changing its proportions, its centre of mass at the centre of 28x28.
/// </summary>
internal static class DigitPose
{
    private const int Box = 20 << 8;
    private const int Centre = 14 << 8;

    /// <summary>Replaces grid units by pixels, both in 1/256. No ink reaches the border.</summary>
    /// <param name="path">The path, changed in place.</param>
    /// <param name="random">What the pose is drawn from.</param>
    /// <param name="radius">Half the width of the pen, in 1/256 pixel: the ink, not only its middle, fits the box.</param>
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
        var (wide, high) = (Scale(right - left), Scale(bottom - top));
        var margin = 2 * DigitPen.Edge + radius * 9 / 8;
        var shiftX = Math.Clamp(Centre - massX + random.Around(-256, 256), margin, 2 * Centre - margin - wide);
        var shiftY = Math.Clamp(Centre - massY + random.Around(-256, 256), margin, 2 * Centre - margin - high);
        for (var i = 0; i < path.Count; i++) path[i] = path[i] with { X = path[i].X + shiftX, Y = path[i].Y + shiftY };

        int Scale(int length) => (int)((long)length * size / extent);
    }

    private static void Distort(List<PathPoint> path, ref DigitRandom random)
    {
        var warp = new DigitWarp(ref random, stackalloc (int, int)[DigitWarp.Nodes]);
        var widen = random.Around(180, 370); // 256 leaves the proportions of the grid
        var slant = random.Around(-95, 165); // most people lean to the right
        var turn = random.Around(-30, 30); // tangent of half the angle: 13 degrees at most
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
            var (wide, high) = (Math.Abs(b.X - a.X), Math.Abs(b.Y - a.Y));
            // Length to within 7 %, without a square root.
            long ink = (Math.Max(wide, high) + Math.Min(wide, high) * 3 / 8) * a.Pressure;
            sumX += (a.X + b.X) / 2 * ink;
            sumY += (a.Y + b.Y) / 2 * ink;
            mass += ink;
        }
        return ((int)(sumX / mass), (int)(sumY / mass));
    }
}
