using GanFunctions.Core.Runs;
using GanFunctions.Functions.Http;

namespace GanFunctions.Functions.Runs;

/// <summary><c>DELETE /api/runs/{run}</c>: removes a finished run whole.</summary>
public sealed class DeleteRun(RunStore runs, RunLifecycle lifecycle)
{
    private static readonly RunState[] Finished = [RunState.Cancelled, RunState.Completed, RunState.Failed];

    [Function(nameof(DeleteRun))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Function, "delete", Route = "api/runs/{run}")] HttpRequest request, string run,
        [DurableClient] DurableTaskClient client, CancellationToken cancellation)
    {
        if (await runs.FindAsync(run, cancellation) is not { } row) return Problems.NoRun(run);
        if (!Finished.Contains(row.State())) return Problems.State(row, "delete", Finished);
        await lifecycle.DeleteAsync(run, cancellation);
        if (row.IsAtRest) await client.PurgeInstanceAsync(row.InstanceId, cancellation);
        return Results.NoContent();
    }
}
