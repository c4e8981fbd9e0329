using GanFunctions.Core.Data;
using GanFunctions.Core.Runs;
using GanFunctions.Core.Storage;
using GanFunctions.Functions.Http;

namespace GanFunctions.Functions.Runs;

/// <summary>
/// <c>POST /api/runs/{run}/pause</c>, <c>/resume</c>, <c>/cancel</c>, <c>/extend</c>: changes what is wanted; the training sees it within a second or two,
/// commits where it stands and returns.
/// </summary>
public sealed class ControlRun(RunStore runs, RunStarter starter, DatasetCatalog datasets)
{
    [Function("PauseRun")]
    public Task<IResult> PauseAsync(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "api/runs/{run}/pause")] HttpRequest request, string run,
        [DurableClient] DurableTaskClient client, CancellationToken cancellation)
    {
        RunState[] allowed = [RunState.Queued, RunState.Preparing, RunState.Training, RunState.Pausing, RunState.Paused];
        return ChangeAsync(request, client, run, "pause", allowed, row => row.Desired = Desired.Pause, cancellation);
    }

    [Function("ResumeRun")]
    public Task<IResult> ResumeAsync(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "api/runs/{run}/resume")] HttpRequest request, string run,
        [DurableClient] DurableTaskClient client, CancellationToken cancellation)
    {
        RunState[] allowed = [RunState.Pausing, RunState.Paused];
        return ChangeAsync(request, client, run, "resume", allowed, row =>
        {
            row.Desired = Desired.Run;
            if (row.IsAtRest) starter.Claim(row);
        }, cancellation);
    }

    [Function("CancelRun")]
    public Task<IResult> CancelAsync(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "api/runs/{run}/cancel")] HttpRequest request, string run,
        [DurableClient] DurableTaskClient client, CancellationToken cancellation)
    {
        RunState[] allowed =
        [
            RunState.Queued, RunState.Preparing, RunState.Training, RunState.Pausing, RunState.Paused, RunState.Cancelling, RunState.Cancelled,
        ];
        return ChangeAsync(request, client, run, "cancel", allowed, row =>
        {
            row.Desired = Desired.Cancel;
            if (row.Phase == Phase.Paused) row.Phase = Phase.Cancelled;
        }, cancellation);
    }

    [Function("ExtendRun")]
    public async Task<IResult> ExtendAsync(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "api/runs/{run}/extend")] HttpRequest request, string run,
        [DurableClient] DurableTaskClient client, CancellationToken cancellation)
    {
        var (epochs, wrong) = await ExtendBody.ReadAsync(request, cancellation);
        if (wrong is not null) return wrong;
        if (await runs.FindAsync(run, cancellation) is { } found && HasEnded(found) && await DatasetProblemAsync(found, cancellation) is { } gone) return gone;
        RunState[] allowed =
        [
            RunState.Queued, RunState.Preparing, RunState.Training, RunState.Pausing, RunState.Paused,
            RunState.Cancelled, RunState.Completed, RunState.Failed,
        ];
        return await ChangeAsync(request, client, run, "extend", allowed, row =>
        {
            // What ended goes on from where it stopped, not from where it was once meant to end.
            var ended = HasEnded(row);
            var target = (ended ? row.CompletedEpochs : row.TargetEpochs) + epochs;
            if (target > ExtendBody.MaxEpochs) return ExtendBody.TooMany(epochs, row, target);
            if (ended) row.PatientFrom = row.CompletedEpochs;
            row.TargetEpochs = target;
            if (ended) row.Desired = Desired.Run;
            if (row.IsAtRest && row.Phase != Phase.Paused) starter.Claim(row);
            return null;
        }, cancellation);
    }

    private static bool HasEnded(RunRow row) => row.State() is RunState.Cancelled or RunState.Failed or RunState.Completed;

    // A data set may be removed when all runs on it have ended.
    private async Task<IResult?> DatasetProblemAsync(RunRow row, CancellationToken cancellation)
    {
        try
        {
            await datasets.CheckAsync(row.Options.Dataset, cancellation);
            return null;
        }
        catch (Exception gone) when (gone is UnknownDatasetException or DatasetUnavailableException)
        {
            return Problems.DatasetGone(row.RowKey, gone);
        }
    }

    private Task<IResult> ChangeAsync(
        HttpRequest request, DurableTaskClient client, string run, string call, RunState[] allowed, Action<RunRow> change, CancellationToken cancellation) =>
        ChangeAsync(request, client, run, call, allowed, row =>
        {
            change(row);
            return null;
        }, cancellation);

    // What is wrong with the change for this row, if anything is, is what 'change' returns.
    private async Task<IResult> ChangeAsync(
        HttpRequest request, DurableTaskClient client, string run, string call, RunState[] allowed, Func<RunRow, IResult?> change, CancellationToken cancellation)
    {
        if (new QueryReader(request.Query).Error() is { } unknown) return unknown;
        var before = "";
        IResult? wrong = null;
        var updated = await runs.UpdateAsync(run, row =>
        {
            if (!allowed.Contains(row.State())) return false;
            before = row.InstanceId;
            wrong = change(row);
            if (wrong is not null) return false;
            row.Revision++;
            return true;
        }, cancellation);
        if (updated is not { Row: var row }) return Problems.NoRun(run);
        if (!updated.Value.Changed) return wrong ?? Problems.State(row, call, allowed);

        if (row.InstanceId != before)
        {
            await starter.ScheduleAsync(client, row);
            await starter.PurgeAsync(client, before);
        }
        else if (!row.IsAtRest)
        {
            await starter.WakeAsync(client, row, cancellation);
        }
        return Results.Json(RunView.Of(row), Json.Options, statusCode: 202).WithLocation($"/api/runs/{run}");
    }
}
