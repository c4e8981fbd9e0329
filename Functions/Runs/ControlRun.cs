using System.Text.Json.Nodes;
using GanFunctions.Core.Data;
using GanFunctions.Core.Runs;
using GanFunctions.Core.Storage;
using GanFunctions.Core.Training;
using GanFunctions.Functions.Datasets;
using GanFunctions.Functions.Http;
using GanFunctions.Functions.Training;

namespace GanFunctions.Functions.Runs;

/// <summary>
/// <c>POST /api/runs/{run}/pause</c>, <c>/resume</c>, <c>/cancel</c>, <c>/extend</c>: changes the desired state of a run.
/// A training slice notices within a second or two, commits its current state and returns.
/// </summary>
public sealed class ControlRun(RunStore runs, RunStarter starter, RunLifecycle lifecycle, Announcements announcements, CostSettings costs)
{
    [Function("PauseRun")]
    public Task<IResult> PauseAsync(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "api/runs/{run}/pause")] HttpRequest request, string run,
        [DurableClient] DurableTaskClient client, CancellationToken cancellation) =>
        ChangeAsync(request, client, run, RunTransitions.Pause, default, cancellation);

    [Function("ResumeRun")]
    public async Task<IResult> ResumeAsync(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "api/runs/{run}/resume")] HttpRequest request, string run,
        [DurableClient] DurableTaskClient client, CancellationToken cancellation) =>
        await DatasetProblemAsync(run, row => row.Phase == Phase.Paused, cancellation)
            ?? await ChangeAsync(request, client, run, RunTransitions.Resume, default, cancellation);

    [Function("CancelRun")]
    public Task<IResult> CancelAsync(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "api/runs/{run}/cancel")] HttpRequest request, string run,
        [DurableClient] DurableTaskClient client, CancellationToken cancellation) =>
        ChangeAsync(request, client, run, RunTransitions.Cancel, default, cancellation);

    [Function("ExtendRun")]
    public async Task<IResult> ExtendAsync(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "api/runs/{run}/extend")] HttpRequest request, string run,
        [DurableClient] DurableTaskClient client, CancellationToken cancellation)
    {
        var (extension, wrong) = await ExtendBody.ReadAsync(request, cancellation);
        if ((wrong ?? await DatasetProblemAsync(run, RunTransitions.HasEnded, cancellation)) is { } problem) return problem;
        if (extension.Images > 0)
        {
            if (await runs.FindAsync(run, cancellation) is not { } row) return Problems.NoRun(run);
            if (await lifecycle.EpochsOfAsync(row, extension.Images, cancellation) is not { } epochs)
                return Problems.State(row, "The run has no data set.", $"The data set {row.Options.Dataset} is gone, so images cannot be converted to epochs.");
            extension = extension with { Epochs = epochs };
        }
        return await ChangeAsync(request, client, run, RunTransitions.Extend, extension, cancellation);
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
        HttpRequest request, DurableTaskClient client, string run, RunTransition transition, Extension extension, CancellationToken cancellation)
    {
        if (QueryReader.RefuseAny(request) is { } unknown) return unknown;
        var (before, wasPaused) = ("", false);
        IResult? wrong = null;
        var updated = await runs.UpdateAsync(run, row =>
        {
            if (!transition.Allowed.Contains(row.State())) return false;
            if (extension.Epochs > 0 && (wrong = ExtendBody.ProblemWith(extension, row)) is not null) return false;
            (before, wasPaused) = (row.InstanceId, row.Phase == Phase.Paused);
            transition.Apply(row, (int)extension.Epochs);
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
        else
        {
            if (wasPaused && row.Phase == Phase.Cancelled) await announcements.AnnounceAsync(row); // a paused run has no orchestration that would do it
            await starter.NotifyAsync(client, row, cancellation);
        }
        return Results.Json(RunView.Of(row, costs), Json.Options, statusCode: 202).WithLocation($"/api/runs/{run}");
    }
}

/// <summary>What to add to a run.</summary>
/// <param name="Epochs">Number of epochs; 0 for other calls.</param>
/// <param name="Images">The number of pictures that they were stated as; 0 if they were stated as epochs.</param>
public readonly record struct Extension(long Epochs, long Images);

/// <summary>The body of <c>/extend</c>: <c>{"epochs": 10}</c>, the number of epochs to add, or <c>{"images": 100000}</c>, the number of pictures.</summary>
internal static class ExtendBody
{
    private const string Example = "{\"epochs\": 10}";

    public static async Task<(Extension Extension, IResult? Wrong)> ReadAsync(HttpRequest request, CancellationToken cancellation)
    {
        var (body, wrong) = await JsonBody.ReadAsync(request, Example, cancellation);
        if (wrong is not null) return (default, wrong);
        var unknown = body.Where(field => field.Key is not ("epochs" or "images")).ToDictionary(
            field => field.Key, field => new[] { $"{field.Key} is not a field here; valid are epochs, images." });
        if (unknown.Count > 0) return (default, Problems.Invalid(unknown));
        if (body["images"] is { } images)
        {
            if (body["epochs"] is { } both)
            {
                return (default, Problems.Invalid("images",
                    $"images: {images.ToJsonString()} and epochs: {both.ToJsonString()} are both given, and both say how much to add; give one of them."));
            }
            if (images is JsonValue number && number.TryGetValue<long>(out var count) && count is >= 1 and <= TrainingOptions.MaxImages) return (new(0, count), null);
            return (default, Problems.Invalid("images",
                $"images: {images.ToJsonString()} is not valid; it must be a whole number from 1 to {TrainingOptions.MaxImages}, the number of pictures to add."));
        }
        if (body["epochs"] is JsonValue value && value.TryGetValue<int>(out var epochs) && epochs is >= 1 and <= TrainingOptions.MaxEpochs)
            return (new(epochs, 0), null);
        return (default, Problems.Invalid("epochs", $"epochs: {body["epochs"]?.ToJsonString() ?? "nothing"} is not valid; "
            + $"it must be a whole number from 1 to {TrainingOptions.MaxEpochs}, the number of epochs to add, as in {Example}."));
    }

    /// <summary>The error if the run would exceed the maximum number of epochs; otherwise null.</summary>
    public static IResult? ProblemWith(Extension extension, RunRow row)
    {
        var target = RunTransitions.TargetAfter(row, 0) + extension.Epochs;
        if (target <= TrainingOptions.MaxEpochs) return null;
        var (field, value) = extension.Images > 0 ? ("images", extension.Images) : ("epochs", extension.Epochs);
        return Problems.Invalid(field,
            $"{field}: {value} is not valid here: run '{row.RowKey}' would have {target} epochs, and the maximum is {TrainingOptions.MaxEpochs}.");
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
        await starter.NotifyAsync(client, deletion.Row, cancellation);
        if (deletion.InstanceId.Length > 0) await starter.PurgeAsync(client, deletion.InstanceId);
        return Results.NoContent();
    }
}
