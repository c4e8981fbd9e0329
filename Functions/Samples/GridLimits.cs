using GanFunctions.Core.Pictures;
using GanFunctions.Functions.Http;

namespace GanFunctions.Functions.Samples;

/// <summary>How large a grid may be.</summary>
internal static class GridLimits
{
    private const long MostNumbers = 256L << 20; // of all pixels and channels: seconds to encode
    private static readonly Dictionary<Format, int> MostOfSide = new()
    {
        [Format.WebP] = 16_383, // as the formats have it
        [Format.Jpeg] = 65_535,
        [Format.Png] = int.MaxValue,
    };

    /// <summary>The 400 to answer with where the grid asked for is too large, else null.</summary>
    public static IResult? Problem(PictureShape shape, SampleQuery query)
    {
        if (!MostOfSide.TryGetValue(query.Format, out var most)) return null;
        var (width, height) = PictureGrid.SizeOf(query.Count, shape, query.Columns, query.Scale);
        if (width <= most && height <= most && (long)width * height * shape.Channels <= MostNumbers) return null;
        return Problems.Invalid("scale",
            $"scale: {query.Scale} is not valid for {query.Count} pictures of {shape} in {query.Columns} columns: as {query.Format.Name} the grid would be "
            + $"{width} wide and {height} high; ask for a smaller scale or count, or for format=zip.");
    }
}
