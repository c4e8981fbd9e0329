using GanFunctions.Core.Losses;
using GanFunctions.Functions.Http;

namespace GanFunctions.Functions.Losses;

/// <summary>What of a run's losses is asked for, and as what.</summary>
/// <param name="Format">JSON, CSV, or a chart as PNG or SVG.</param>
/// <param name="From">The first epoch.</param>
/// <param name="Every">Of an epoch's logged steps the first, and every so many behind it; a chart has them all.</param>
/// <param name="Theme">Colours of a chart.</param>
/// <param name="Width">Pixels of a chart.</param>
/// <param name="Height">Pixels of a chart.</param>
public sealed record LossQuery(Format Format, int From, int Every, ChartTheme Theme, int Width, int Height)
{
    /// <summary>Reads the query parameters and <c>Accept</c>.</summary>
    public static (LossQuery Query, IResult? Wrong) Read(HttpRequest request)
    {
        var query = new QueryReader(request.Query);
        var format = Format.Choose(request, query, Format.Json, Format.Csv, Format.Png, Format.Svg);
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
}
