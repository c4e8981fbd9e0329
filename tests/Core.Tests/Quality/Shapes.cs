using GanFunctions.Core.Pictures;

namespace GanFunctions.Core.Tests.Quality;

/// <summary>
/// Pictures of discs (label 0) and crosses (label 1) of random size, position and colours: their pixels hardly tell which they show.
/// </summary>
internal static class Shapes
{
    private const int Side = 64;

    public static ImageSet Of(int count)
    {
        var random = new Random(1);
        var pixels = new byte[count * 3 * Side * Side];
        for (var index = 0; index < count; index++)
        {
            var (radius, thickness) = (random.Next(10, 22), random.Next(3, 6));
            var (left, top) = (random.Next(radius, Side - radius), random.Next(radius, Side - radius));
            var (front, back) = (Colour(random), Colour(random));
            for (var at = 0; at < Side * Side; at++)
            {
                var (x, y) = (Math.Abs(at % Side - left), Math.Abs(at / Side - top));
                var isInside = index % 2 == 0 ? x * x + y * y <= radius * radius : Math.Min(x, y) <= thickness && Math.Max(x, y) <= radius;
                for (var channel = 0; channel < 3; channel++) pixels[(index * 3 + channel) * Side * Side + at] = (isInside ? front : back)[channel];
            }
        }
        return new ImageSet(pixels, [.. Enumerable.Range(0, count).Select(index => (byte)(index % 2))], count, Side, Side, 3);
    }

    private static byte[] Colour(Random random)
    {
        var colour = new byte[3];
        random.NextBytes(colour);
        return colour;
    }
}
