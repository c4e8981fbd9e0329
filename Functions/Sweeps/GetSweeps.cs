using System.Text;
using GanFunctions.Core.Runs;
using GanFunctions.Core.Storage;
using GanFunctions.Core.Sweeps;
using GanFunctions.Functions.Http;
using Microsoft.Net.Http.Headers;

namespace GanFunctions.Functions.Sweeps;

/// <summary><c>GET /api/sweeps</c>, <c>GET /api/sweeps/{sweep}</c> and <c>GET /api/sweeps/{sweep}/trials</c>: sweeps and their trials.</summary>
public sealed class GetSweeps(SweepStore sweeps, RunStore runs, SweepStarter starter)
{
    internal static readonly Parameter<int> Limit = Parameter.WholeNumber("limit", "Maximum number of sweeps.", 1, 100, otherwise: 20);
    internal static readonly FormatParameter Formats = Parameter.Format(Format.Json, Format.Csv);

    [Function("ListSweeps")]
    public async Task<IResult> ListAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = "api/sweeps")] HttpRequest request,
        [DurableClient] DurableTaskClient client, CancellationToken cancellation)
    {
        var query = new QueryReader(request);
        var limit = query.Read(Limit);
        if (query.Error() is { } wrong) return wrong;
        var rows = await sweeps.ListAsync(cancellation).OrderByDescending(row => row.CreatedAt).Take(limit).ToListAsync(cancellation);
        var views = new List<SweepView>();
        foreach (var known in rows)
        {
            if (await starter.RecoverAsync(client, known, cancellation) is not { } row) continue;
            views.Add(SweepView.Of(row, await sweeps.TrialsAsync(row.RowKey, cancellation), []) with { Trials = null });
        }
        return Results.Json(new SweepList(views), Json.Options);
    }

    [Function("GetSweep")]
    public async Task<IResult> GetAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = "api/sweeps/{sweep}")] HttpRequest request, string sweep,
        [DurableClient] DurableTaskClient client, CancellationToken cancellation)
    {
        if (QueryReader.RefuseAny(request) is { } wrong) return wrong;
        return await ViewAsync(client, sweep, cancellation) is { } view ? Results.Json(view, Json.Options) : SweepProblems.NoSweep(sweep);
    }

    [Function("GetTrials")]
    public async Task<IResult> TrialsAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = "api/sweeps/{sweep}/trials")] HttpRequest request, string sweep,
        [DurableClient] DurableTaskClient client, CancellationToken cancellation)
    {
        var query = new QueryReader(request);
        var format = query.Read(Formats);
        if (query.Error() is { } wrong) return wrong;
        if (await ViewAsync(client, sweep, cancellation) is not { Trials: { } trials }) return SweepProblems.NoSweep(sweep);
        var result = format == Format.Csv
            ? Results.Text(TrialView.Csv(trials), format.MediaType, Encoding.UTF8)
            : Results.Json(new TrialList(sweep, trials), Json.Options);
        return result.WithHeader(HeaderNames.Vary, HeaderNames.Accept);
    }

    private async Task<SweepView?> ViewAsync(DurableTaskClient client, string sweep, CancellationToken cancellation)
    {
        if (await sweeps.FindAsync(sweep, cancellation) is not { } found || await starter.RecoverAsync(client, found, cancellation) is not { } row) return null;
        var trials = await sweeps.TrialsAsync(sweep, cancellation);
        return SweepView.Of(row, trials, await runs.ListAsync($"{sweep}-", cancellation).ToListAsync(cancellation));
    }
}
