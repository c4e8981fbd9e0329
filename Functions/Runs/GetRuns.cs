using GanFunctions.Core.Runs;
using GanFunctions.Core.Storage;
using GanFunctions.Functions.Http;

namespace GanFunctions.Functions.Runs;

/// <summary><c>GET /api/runs</c> and <c>GET /api/runs/{run}</c>: runs and their progress.</summary>
public sealed class GetRuns(RunStore runs, RunStarter starter, CostSettings costs)
{
    internal static readonly Parameter<string?> State = Parameter.Choice(
        "state", "Only runs in this state.", [.. Enum.GetNames<RunState>().Select(name => name.ToLowerInvariant())]);
    internal static readonly Parameter<int> Limit = Parameter.WholeNumber("limit", "Maximum number of runs.", 1, 1000, otherwise: 100);

    [Function("ListRuns")]
    public async Task<IResult> ListAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = "api/runs")] HttpRequest request,
        [DurableClient] DurableTaskClient client, CancellationToken cancellation)
    {
        var query = new QueryReader(request);
        var (state, limit) = (query.Read(State), query.Read(Limit));
        if (query.Error() is { } wrong) return wrong;

        var rows = await runs.ListAsync(cancellation).ToListAsync(cancellation);
        var recovered = await Task.WhenAll(rows.Select(row => starter.RecoverAsync(client, row, cancellation)));
        var views = recovered.OfType<RunRow>()
            .OrderByDescending(row => row.CreatedAt)
            .Where(row => state is null || string.Equals(row.State().ToString(), state, StringComparison.OrdinalIgnoreCase))
            .Take(limit).Select(row => RunView.Of(row, costs));
        return Results.Json(new RunList([.. views]), Json.Options);
    }

    [Function("GetRun")]
    public async Task<IResult> GetAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = "api/runs/{run}")] HttpRequest request, string run,
        [DurableClient] DurableTaskClient client, CancellationToken cancellation)
    {
        if (QueryReader.RefuseAny(request) is { } wrong) return wrong;
        if (await runs.FindAsync(run, cancellation) is not { } found || await starter.RecoverAsync(client, found, cancellation) is not { } row)
            return Problems.NoRun(run);
        return Results.Json(RunView.Of(row, costs), Json.Options);
    }
}
