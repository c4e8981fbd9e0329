using System.Text;
using GanFunctions.Core.Losses;
using GanFunctions.Core.Runs;
using GanFunctions.Core.Storage;
using GanFunctions.Core.Training;
using GanFunctions.Functions.Http;
using Microsoft.Net.Http.Headers;

namespace GanFunctions.Functions.Losses;

/// <summary><c>GET /api/runs/{run}/losses</c>: the losses as JSON, CSV or a chart.</summary>
public sealed class GetLosses(RunStore runs, LossLog losses, ChartRenderer charts)
{
    [Function(nameof(GetLosses))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = "api/runs/{run}/losses")] HttpRequest request, string run,
        CancellationToken cancellation)
    {
        var (query, wrong) = LossQuery.Read(request);
        if (wrong is not null) return wrong;
        if (await runs.FindAsync(run, cancellation) is not { } row) return Problems.NoRun(run);

        var result = query.Format == Format.Png || query.Format == Format.Svg
            ? await ChartAsync(row, query, request, cancellation)
            : await RowsAsync(run, query, cancellation);
        return result.WithHeader(HeaderNames.Vary, HeaderNames.Accept);
    }

    private async Task<IResult> RowsAsync(string run, LossQuery query, CancellationToken cancellation)
    {
        var views = await losses.ReadAsync(run, query.From, cancellation).EveryNthStepAsync(query.Every).Select(LossView.Of).ToListAsync(cancellation);
        return query.Format == Format.Csv
            ? Results.Text(LossView.Csv(views), query.Format.MediaType, Encoding.UTF8)
            : Results.Json(LossList.Of(run, views), Json.Options);
    }

    private async Task<IResult> ChartAsync(RunRow row, LossQuery query, HttpRequest request, CancellationToken cancellation)
    {
        // Reads all epochs, even if the chart shows only some: a later rollback may invalidate earlier rows.
        var rows = await losses.ReadAsync(row.RowKey, cancellation).ToListAsync(cancellation);
        var svg = LossChart.Svg(row.RowKey, rows, row.StepsPerEpoch, query.From, query.Theme, query.Width, query.Height);
        var tag = EntityTag.Of(query.Format.Name + svg);
        var result = EntityTag.IsKnown(request, tag) ? Results.StatusCode(304)
            : query.Format == Format.Svg ? Results.Text(svg, query.Format.MediaType, Encoding.UTF8)
            : Results.Bytes(charts.Png(svg), query.Format.MediaType);
        return result.WithHeader(HeaderNames.ETag, tag).WithHeader(HeaderNames.CacheControl, "no-cache");
    }
}

/// <summary>The query of the losses of a run.</summary>
/// <param name="Format">JSON, CSV, or a chart as PNG or SVG.</param>
/// <param name="From">The first epoch.</param>
/// <param name="Every">Includes every nth logged step of an epoch.</param>
/// <param name="Theme">Colours of a chart.</param>
/// <param name="Width">Width of a chart in pixels.</param>
/// <param name="Height">Height of a chart in pixels.</param>
public sealed record LossQuery(Format Format, int From, int Every, ChartTheme Theme, int Width, int Height)
{
    internal static readonly FormatParameter Formats = Parameter.Format(Format.Json, Format.Csv, Format.Png, Format.Svg);
    internal static readonly Parameter<int> FromParameter = Parameter.WholeNumber(
        "from", "The first epoch to include.", 1, TrainingOptions.MaxEpochs, otherwise: 1);
    internal static readonly Parameter<int> EveryParameter = Parameter.WholeNumber(
        "every", "Includes every nth logged step of an epoch, starting with the first; a chart always shows all of them.", 1, 100_000, otherwise: 1);
    internal static readonly Parameter<string?> ThemeParameter = Parameter.Choice(
        "theme", "Colours of a chart. By default, an SVG follows the viewer's preference, and a PNG is light.", ["light", "dark"]);
    internal static readonly Parameter<int> WidthParameter = Parameter.WholeNumber("width", "Width of a chart in pixels.", 640, 3840, otherwise: 960);
    internal static readonly Parameter<int> HeightParameter = Parameter.WholeNumber("height", "Height of a chart in pixels.", 400, 2160, otherwise: 640);

    /// <summary>Reads the query parameters and <c>Accept</c>.</summary>
    public static (LossQuery Query, IResult? Wrong) Read(HttpRequest request)
    {
        var query = new QueryReader(request);
        var (format, from, every) = (query.Read(Formats), query.Read(FromParameter), query.Read(EveryParameter));
        var theme = query.Read(ThemeParameter) switch
        {
            "light" => ChartTheme.Light,
            "dark" => ChartTheme.Dark,
            _ => ChartTheme.Viewer,
        };
        return (new(format, from, every, theme, query.Read(WidthParameter), query.Read(HeightParameter)), query.Error());
    }
}
