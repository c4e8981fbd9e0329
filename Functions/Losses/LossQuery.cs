using GanFunctions.Core.Imaging;
using GanFunctions.Functions.Http;

namespace GanFunctions.Functions.Losses;

/// <summary>What of a run's losses is asked for, and as what.</summary>
/// <param name="Format"><c>json</c>, <c>csv</c>, <c>png</c> or <c>svg</c>.</param>
/// <param name="From">The first epoch.</param>
/// <param name="Every">Of an epoch's logged steps the first, and every so many behind it; a chart has them all.</param>
/// <param name="Theme">Colours of a chart.</param>
/// <param name="Width">Pixels of a chart.</param>
/// <param name="Height">Pixels of a chart.</param>
public sealed record LossQuery(string Format, int From, int Every, ChartTheme Theme, int Width, int Height)
{
    private static readonly (string Format, string MediaType)[] Formats =
        [("json", "application/json; charset=utf-8"), ("csv", "text/csv; charset=utf-8"), ("png", "image/png"), ("svg", "image/svg+xml; charset=utf-8")];

    /// <summary>As which media type.</summary>
    public string MediaType => Formats.Single(known => known.Format == Format).MediaType;

    /// <summary>Reads the query parameters and <c>Accept</c>.</summary>
    public static (LossQuery Query, IResult? Wrong) Read(HttpRequest request)
    {
        var query = new QueryReader(request.Query);
        var format = query.Choice("format", [.. Formats.Select(known => known.Format)]) ?? Preferred(request);
        var from = (int)query.WholeNumber("from", 1, 99_999, otherwise: 1);
        var every = (int)query.WholeNumber("every", 1, 100_000, otherwise: 1);
        var theme = query.Choice("theme", "light", "dark") switch
        {
            "light" => ChartTheme.Light,
            "dark" => ChartTheme.Dark,
            _ => ChartTheme.Viewer,
        };
        var width = (int)query.WholeNumber("width", 640, 3840, otherwise: 960);
        var height = (int)query.WholeNumber("height", 400, 2160, otherwise: 640);
        return (new(format, from, every, theme, width, height), query.Error());
    }

    private static string Preferred(HttpRequest request)
    {
        var type = Accepted.Of(request, [.. Formats.Select(known => known.MediaType)]);
        return Formats.First(known => known.MediaType == type).Format;
    }
}
