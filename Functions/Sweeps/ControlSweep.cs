using GanFunctions.Core.Runs;
using GanFunctions.Core.Storage;
using GanFunctions.Core.Sweeps;
using GanFunctions.Functions.Http;
using GanFunctions.Functions.Runs;

namespace GanFunctions.Functions.Sweeps;

/// <summary><c>POST /api/sweeps/{sweep}/cancel</c> and <c>DELETE /api/sweeps/{sweep}</c>: cancels or deletes a sweep.</summary>
public sealed class ControlSweep(
    SweepStore sweeps, TrialRuns trials, RunStore runs, RunLifecycle lifecycle, RunStarter runStarter, SweepStarter starter)
{
    /// <summary>The states in which a sweep can be cancelled; in the last two, that changes nothing.</summary>
    internal static readonly IReadOnlyList<SweepState> Cancellable = [SweepState.Queued, SweepState.Running, SweepState.Cancelling, SweepState.Cancelled];

    /// <summary>The states in which a sweep can be deleted.</summary>
    internal static readonly IReadOnlyList<SweepState> Deletable = [SweepState.Cancelled, SweepState.Completed, SweepState.Failed];

    internal static readonly Parameter<bool> Runs = Parameter.Flag("runs", "Whether the runs of the sweep are deleted as well.", otherwise: false);

    [Function("CancelSweep")]
    public async Task<IResult> CancelAsync(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "api/sweeps/{sweep}/cancel")] HttpRequest request, string sweep,
        [DurableClient] DurableTaskClient client, CancellationToken cancellation)
    {
        if (QueryReader.RefuseAny(request) is { } wrong) return wrong;
        var updated = await sweeps.UpdateAsync(sweep, row =>
        {
            if (row.State is not (SweepState.Queued or SweepState.Running)) return false;
            row.State = SweepState.Cancelling;
            return true;
        }, cancellation);
        if (updated is not { Row: var row }) return SweepProblems.NoSweep(sweep);
        if (!Cancellable.Contains(row.State)) return SweepProblems.State(row, "cancel", Cancellable);
        if (row.State == SweepState.Cancelling)
        {
            // From here on no trial begins: a run that is being started right now is cancelled by its start.
            var unfinished = await RunsOf(sweep).Where(run => !RunTransitions.HasEnded(run)).ToListAsync(cancellation);
            foreach (var run in unfinished) await trials.CancelAsync(client, run.RowKey, sweep, cancellation);
            row = await starter.RecoverAsync(client, row, cancellation) ?? row;
        }
        return Results.Json(await ViewAsync(row, cancellation), Json.Options, statusCode: 202).WithLocation($"/api/sweeps/{sweep}");
    }

    [Function("DeleteSweep")]
    public async Task<IResult> DeleteAsync(
        [HttpTrigger(AuthorizationLevel.Function, "delete", Route = "api/sweeps/{sweep}")] HttpRequest request, string sweep,
        [DurableClient] DurableTaskClient client, CancellationToken cancellation)
    {
        var query = new QueryReader(request);
        var withRuns = query.Read(Runs);
        if (query.Error() is { } wrong) return wrong;
        if (await sweeps.FindAsync(sweep, cancellation) is not { } row) return SweepProblems.NoSweep(sweep);
        if (!row.HasEnded) return SweepProblems.State(row, "delete", Deletable);
        if (withRuns && await DeleteRunsAsync(client, sweep, cancellation) is { } unfinished) return unfinished;
        await SweepStarter.PurgeAsync(client, row.InstanceId, cancellation);
        await sweeps.DeleteAsync(sweep, cancellation);
        return Results.NoContent();
    }

    /// <summary>Deletes the runs of a sweep.</summary>
    /// <returns>The 409 if one of them has not ended, because it was extended or resumed by hand; then none is deleted.</returns>
    private async Task<IResult?> DeleteRunsAsync(DurableTaskClient client, string sweep, CancellationToken cancellation)
    {
        var all = await RunsOf(sweep).ToListAsync(cancellation);
        if (all.Find(run => run.Phase != Phase.Deleting && !RunTransitions.HasEnded(run)) is { } unfinished)
            return Problems.State(unfinished, RunTransitions.Delete);
        await Parallel.ForEachAsync(all, cancellation, async (run, token) =>
        {
            if (await lifecycle.DeleteAsync(run.RowKey, token) is { Deleted: true, InstanceId: { Length: > 0 } instance })
                await runStarter.PurgeAsync(client, instance);
        });
        return null;
    }

    private IAsyncEnumerable<RunRow> RunsOf(string sweep) => runs.ListAsync($"{sweep}-", CancellationToken.None).Where(run => run.Sweep == sweep);

    private async Task<SweepView> ViewAsync(SweepRow row, CancellationToken cancellation) =>
        SweepView.Of(row, await sweeps.TrialsAsync(row.RowKey, cancellation), await RunsOf(row.RowKey).ToListAsync(cancellation));
}
