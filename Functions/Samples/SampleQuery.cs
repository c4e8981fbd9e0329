using System.Globalization;
using GanFunctions.Core.Runs;
using GanFunctions.Functions.Http;

namespace GanFunctions.Functions.Samples;

/// <summary>Which pictures are asked for, and how they are to be laid out.</summary>
/// <param name="Choice">Of which generator.</param>
/// <param name="Count">Pictures, 1 to 1024.</param>
/// <param name="Seed">Which noise; null is the run's own seed.</param>
/// <param name="Columns">Pictures in a row.</param>
/// <param name="Scale">Each pixel becomes a square of this side.</param>
/// <param name="Format">What they are written as.</param>
public sealed record SampleQuery(GeneratorChoice Choice, int Count, long? Seed, int Columns, int Scale, Format Format)
{
    /// <summary>Seeds are whole numbers that JavaScript counts exactly.</summary>
    public const long LastSeed = 9_007_199_254_740_991;

    /// <summary>Pictures one by one, with a list of them.</summary>
    public static Format Zip { get; } = new("zip", "application/zip");

    /// <summary>Pixels as an array of NumPy.</summary>
    public static Format Npy { get; } = new("npy", "application/x-npy");

    /// <summary>Reads the query parameters.</summary>
    public static (SampleQuery Query, IResult? Wrong) Read(HttpRequest request)
    {
        var query = new QueryReader(request.Query);
        var count = (int)query.WholeNumber("count", 1, 1024, otherwise: 64);
        var seed = query.WholeNumber("seed", 0, LastSeed, otherwise: -1);
        var columns = (int)query.WholeNumber("columns", 1, 64, otherwise: (long)Math.Ceiling(Math.Sqrt(count)));
        var scale = (int)query.WholeNumber("scale", 1, 16, otherwise: 2);
        var format = Format.Choose(request, query, Format.Png, Format.WebP, Format.Jpeg, Zip, Npy);
        return (new(GeneratorChoice.Read(query), count, seed < 0 ? null : seed, columns, scale, format), query.Error());
    }

    /// <summary>The run's own seed and the three behind it.</summary>
    public static IReadOnlyList<long> SeedsOf(RunRow row) => [.. Enumerable.Range(0, 4).Select(next => (row.Options.Seed + next) % LastSeed)];

    /// <summary>What of it changes the answer of one generator.</summary>
    public string Tag(long seed) => string.Create(CultureInfo.InvariantCulture, $"samples/{Count}/{seed}/{Columns}/{Scale}");
}
