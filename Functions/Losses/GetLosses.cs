using System.Text;
using GanFunctions.Core.Losses;
using GanFunctions.Core.Runs;
using GanFunctions.Core.Storage;
using GanFunctions.Functions.Http;
using Microsoft.Net.Http.Headers;

namespace GanFunctions.Functions.Losses;

/// <summary><c>GET /api/runs/{run}/losses</c>, as JSON, as CSV or as a chart.</summary>
public sealed class GetLosses(RunStore runs, LossLog losses)
{
    [Function(nameof(GetLosses))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "api/runs/{run}/losses")] HttpRequest request, string run,
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
        var views = await losses.ReadAsync(run, query.From, cancellation).EveryStep(query.Every).Select(LossView.Of).ToListAsync(cancellation);
        return query.Format == Format.Csv
            ? Results.Text(LossView.Csv(views), query.Format.MediaType, Encoding.UTF8)
            : Results.Json(LossList.Of(run, views), Json.Options);
    }

    private async Task<IResult> ChartAsync(RunRow row, LossQuery query, HttpRequest request, CancellationToken cancellation)
    {
        // From the first epoch on, whatever is shown: a roll-back to before it takes back what came later.
        var rows = await losses.ReadAsync(row.RowKey, cancellation).ToListAsync(cancellation);
        var svg = LossChart.Svg(row.RowKey, rows, row.StepsPerEpoch, query.From, query.Theme, query.Width, query.Height);
        var tag = EntityTag.Of(query.Format.Name + svg);
        var result = EntityTag.IsKnown(request, tag) ? Results.StatusCode(304)
            : query.Format == Format.Svg ? Results.Text(svg, query.Format.MediaType, Encoding.UTF8)
            : Results.Bytes(ChartPicture.Png(svg), query.Format.MediaType);
        return result.WithHeader(HeaderNames.ETag, tag).WithHeader(HeaderNames.CacheControl, "no-cache");
    }
}
