using GanFunctions.Core.Runs;
using GanFunctions.Core.Storage;
using GanFunctions.Functions.Http;

namespace GanFunctions.Functions.Runs;

/// <summary><c>GET /api/runs</c> and <c>GET /api/runs/{run}</c>: how the trainings are doing.</summary>
public sealed class GetRuns(RunStore runs, RunStarter starter)
{
    private const int MaxRuns = 1000;

    [Function("ListRuns")]
    public async Task<IResult> ListAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "api/runs")] HttpRequest request,
        [DurableClient] DurableTaskClient client, CancellationToken cancellation)
    {
        var query = new QueryReader(request.Query);
        var state = query.Choice("state", Enum.GetNames<RunState>().Select(name => name.ToLowerInvariant()).ToArray());
        var limit = (int)query.WholeNumber("limit", 1, MaxRuns, otherwise: 100);
        if (query.Error() is { } wrong) return wrong;

        var rows = await runs.ListAsync(cancellation).ToListAsync(cancellation);
        var recovered = await Task.WhenAll(rows.Select(row => starter.RecoverAsync(client, row, cancellation)));
        var views = recovered
            .OrderByDescending(row => row.CreatedAt)
            .Where(row => state is null || string.Equals(row.State().ToString(), state, StringComparison.OrdinalIgnoreCase))
            .Take(limit).Select(RunView.Of);
        return Results.Json(new RunList([.. views]), Json.Options);
    }

    [Function("GetRun")]
    public async Task<IResult> GetAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "api/runs/{run}")] HttpRequest request, string run,
        [DurableClient] DurableTaskClient client, CancellationToken cancellation)
    {
        if (new QueryReader(request.Query).Error() is { } wrong) return wrong;
        if (await runs.FindAsync(run, cancellation) is not { } row) return Problems.NoRun(run);
        return Results.Json(RunView.Of(await starter.RecoverAsync(client, row, cancellation)), Json.Options);
    }
}
