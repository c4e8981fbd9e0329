using GanFunctions.Core.Runs;
using GanFunctions.Functions.Http;

namespace GanFunctions.Functions.Runs;

/// <summary><c>DELETE /api/runs/{run}</c>: removes a finished run whole.</summary>
public sealed class DeleteRun(RunLifecycle lifecycle, RunStarter starter)
{
    private static readonly RunState[] Finished = [RunState.Cancelled, RunState.Completed, RunState.Failed];

    [Function(nameof(DeleteRun))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Function, "delete", Route = "api/runs/{run}")] HttpRequest request, string run,
        [DurableClient] DurableTaskClient client, CancellationToken cancellation)
    {
        if (new QueryReader(request.Query).Error() is { } wrong) return wrong;
        if (await lifecycle.DeleteAsync(run, row => Finished.Contains(row.State()), cancellation) is not { } deletion) return Problems.NoRun(run);
        if (!deletion.Deleted) return Problems.State(deletion.Row, "delete", Finished);
        if (deletion.InstanceId.Length > 0) await starter.PurgeAsync(client, deletion.InstanceId);
        return Results.NoContent();
    }
}
