
namespace GanFunctions.Core.Data.Digits;

/// <summary>A round pen that draws anti-aliased lines in integers.</summary>
internal static class DigitPen
{
    /// <summary>Height and width of a picture.</summary>
    public const int Side = 28;

    /// <summary>Half of the soft edge, 1/256 pixel. Sharper edges flicker as a stroke moves; MNIST's are about as soft.</summary>
    public const int Edge = 150;

    /// <summary>Draws a path, white on what is there.</summary>
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
        // Coverage falls from 255 to 0 between these two squared distances: linear in the square, so no root is needed.
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
