using System.Globalization;
using GanFunctions.Core.Pictures;
using GanFunctions.Core.Runs;
using GanFunctions.Functions.Http;

namespace GanFunctions.Functions.Samples;

/// <summary>The query of a call for pictures.</summary>
/// <param name="Choice">The generator.</param>
/// <param name="Count">Number of pictures, 1 to 1024.</param>
/// <param name="Seed">Seed of the noise; null for the run's own seed.</param>
/// <param name="Columns">Pictures in a row.</param>
/// <param name="Scale">Each pixel is enlarged to a square with this side, in pixels.</param>
/// <param name="Format">Format of the response.</param>
public sealed record SampleQuery(GeneratorChoice Choice, int Count, long? Seed, int Columns, int Scale, Format Format)
{
    /// <summary>A zip archive with one file for each picture, and a list of them.</summary>
    public static Format Zip { get; } = new("zip", "application/zip");

    /// <summary>Pixels as a NumPy array.</summary>
    public static Format Npy { get; } = new("npy", "application/x-npy");

    internal static readonly Parameter<int> CountParameter = PictureParameters.Count(1024, otherwise: 64);
    internal static readonly Parameter<int> ScaleParameter = PictureParameters.Scale(16);
    internal static readonly FormatParameter Formats = Parameter.Format(Format.Png, Format.WebP, Format.Jpeg, Zip, Npy);

    /// <summary>Reads the query parameters.</summary>
    public static (SampleQuery Query, IResult? Wrong) Read(HttpRequest request)
    {
        var query = new QueryReader(request);
        var (count, seed, scale) = (query.Read(CountParameter), query.Read(PictureParameters.Seed), query.Read(ScaleParameter));
        var columns = query.Read(PictureParameters.Columns) ?? (int)Math.Ceiling(Math.Sqrt(count));
        return (new(GeneratorChoice.Read(query), count, seed, columns, scale, query.Read(Formats)), query.Error());
    }

    /// <summary>The run's own seed and the three that follow it.</summary>
    public static IReadOnlyList<long> SeedsOf(RunRow row) => [.. Enumerable.Range(0, 4).Select(next => (row.Options.Seed + next) % PictureParameters.LastSeed)];

    /// <summary>The part of the query that determines the pictures of one generator.</summary>
    public string Tag(long seed) => string.Create(CultureInfo.InvariantCulture, $"samples/{Count}/{seed}/{Columns}/{Scale}");

    /// <summary>The work for pictures of a shape, at a scale.</summary>
    public PictureWork Work(PictureShape shape, int scale) =>
        Format == Zip ? new(shape, Count, Format, shape.Side * scale, shape.Side * scale, Count)
        : Format == Npy ? new(shape, Count, Format, shape.Side, shape.Side, Count)
        : PictureWork.Grid(shape, Count, Columns, scale, Format);

    /// <summary>The 400 if the pictures would be too many or too large; otherwise null.</summary>
    public IResult? Problem(PictureShape shape)
    {
        var what = $"{Count} pictures of {shape}" + (Format == Zip ? "" : $" in {Columns} columns");
        return PictureWork.Problem(Scale, what, scale => Work(shape, scale), CountParameter.Name);
    }
}
