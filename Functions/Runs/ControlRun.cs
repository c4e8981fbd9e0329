using System.Text.Json.Nodes;
using GanFunctions.Core.Data;
using GanFunctions.Core.Runs;
using GanFunctions.Core.Storage;
using GanFunctions.Core.Training;
using GanFunctions.Functions.Datasets;
using GanFunctions.Functions.Http;

namespace GanFunctions.Functions.Runs;

/// <summary>
/// <c>POST /api/runs/{run}/pause</c>, <c>/resume</c>, <c>/cancel</c>, <c>/extend</c>: changes the desired state of a run.
/// A training slice notices within a second or two, commits its current state and returns.
/// </summary>
public sealed class ControlRun(RunStore runs, RunStarter starter, RunLifecycle lifecycle)
{
    [Function("PauseRun")]
    public Task<IResult> PauseAsync(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "api/runs/{run}/pause")] HttpRequest request, string run,
        [DurableClient] DurableTaskClient client, CancellationToken cancellation) =>
        ChangeAsync(request, client, run, RunTransitions.Pause, epochs: 0, cancellation);

    [Function("ResumeRun")]
    public async Task<IResult> ResumeAsync(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "api/runs/{run}/resume")] HttpRequest request, string run,
        [DurableClient] DurableTaskClient client, CancellationToken cancellation) =>
        await DatasetProblemAsync(run, row => row.Phase == Phase.Paused, cancellation)
            ?? await ChangeAsync(request, client, run, RunTransitions.Resume, epochs: 0, cancellation);

    [Function("CancelRun")]
    public Task<IResult> CancelAsync(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "api/runs/{run}/cancel")] HttpRequest request, string run,
        [DurableClient] DurableTaskClient client, CancellationToken cancellation) =>
        ChangeAsync(request, client, run, RunTransitions.Cancel, epochs: 0, cancellation);

    [Function("ExtendRun")]
    public async Task<IResult> ExtendAsync(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "api/runs/{run}/extend")] HttpRequest request, string run,
        [DurableClient] DurableTaskClient client, CancellationToken cancellation)
    {
        var (epochs, wrong) = await ExtendBody.ReadAsync(request, cancellation);
        return wrong
            ?? await DatasetProblemAsync(run, RunTransitions.HasEnded, cancellation)
            ?? await ChangeAsync(request, client, run, RunTransitions.Extend, epochs, cancellation);
    }

    /// <summary>The 409 if the call would start the run again and its data set is gone or has changed; otherwise null.</summary>
    private async Task<IResult?> DatasetProblemAsync(string run, Predicate<RunRow> restarts, CancellationToken cancellation)
    {
        if (await runs.FindAsync(run, cancellation) is not { } row || !restarts(row)) return null;
        try
        {
            await lifecycle.CheckDatasetAsync(row, cancellation);
            return null;
        }
        catch (Exception gone) when (gone is UnknownDatasetException or DatasetUnavailableException)
        {
            return Problems.State(row, DatasetProblems.GoneTitle, DatasetProblems.WhyGone(gone));
        }
        catch (RunRefusedException refused)
        {
            return Problems.State(row, "The run cannot continue.", refused.Message);
        }
    }

    private async Task<IResult> ChangeAsync(
        HttpRequest request, DurableTaskClient client, string run, RunTransition transition, int epochs, CancellationToken cancellation)
    {
        if (QueryReader.RefuseAny(request) is { } unknown) return unknown;
        var before = "";
        IResult? wrong = null;
        var updated = await runs.UpdateAsync(run, row =>
        {
            if (!transition.Allowed.Contains(row.State())) return false;
            if (epochs > 0 && (wrong = ExtendBody.ProblemWith(epochs, row)) is not null) return false;
            before = row.InstanceId;
            transition.Apply(row, epochs);
            if (row is { IsAtRest: true, Desired: Desired.Run }) starter.Claim(row);
            row.Revision++;
            return true;
        }, cancellation);
        if (updated is not { Row: var row }) return Problems.NoRun(run);
        if (!updated.Value.Changed) return wrong ?? Problems.State(row, transition);
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

/// <summary>The body of <c>/extend</c>: <c>{"epochs": 10}</c>, the number of epochs to add.</summary>
internal static class ExtendBody
{
    private const string Example = "{\"epochs\": 10}";

    public static async Task<(int Epochs, IResult? Wrong)> ReadAsync(HttpRequest request, CancellationToken cancellation)
    {
        var (body, wrong) = await JsonBody.ReadAsync(request, Example, cancellation);
        if (wrong is not null) return (0, wrong);
        var unknown = body.Where(field => field.Key != "epochs").ToDictionary(
            field => field.Key, field => new[] { $"{field.Key} is not a field here; valid is epochs." });
        if (unknown.Count > 0) return (0, Problems.Invalid(unknown));
        if (body["epochs"] is JsonValue value && value.TryGetValue<int>(out var epochs) && epochs is >= 1 and <= TrainingOptions.MaxEpochs)
            return (epochs, null);
        return (0, Problems.Invalid("epochs", $"epochs: {body["epochs"]?.ToJsonString() ?? "nothing"} is not valid; "
            + $"it must be a whole number from 1 to {TrainingOptions.MaxEpochs}, the number of epochs to add, as in {Example}."));
    }

    /// <summary>The error if the run would exceed the maximum number of epochs; otherwise null.</summary>
    public static IResult? ProblemWith(int epochs, RunRow row)
    {
        var target = RunTransitions.TargetAfter(row, epochs);
        return target <= TrainingOptions.MaxEpochs ? null : Problems.Invalid("epochs",
            $"epochs: {epochs} is not valid here: run '{row.RowKey}' would have {target} epochs, and the maximum is {TrainingOptions.MaxEpochs}.");
    }
}

/// <summary><c>DELETE /api/runs/{run}</c>: deletes a run that has ended, with everything it stored.</summary>
public sealed class DeleteRun(RunLifecycle lifecycle, RunStarter starter)
{
    [Function(nameof(DeleteRun))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Function, "delete", Route = "api/runs/{run}")] HttpRequest request, string run,
        [DurableClient] DurableTaskClient client, CancellationToken cancellation)
    {
        if (QueryReader.RefuseAny(request) is { } wrong) return wrong;
        if (await lifecycle.DeleteAsync(run, cancellation) is not { } deletion) return Problems.NoRun(run);
        if (!deletion.Deleted) return Problems.State(deletion.Row, RunTransitions.Delete);
        if (deletion.InstanceId.Length > 0) await starter.PurgeAsync(client, deletion.InstanceId);
        return Results.NoContent();
    }
}
