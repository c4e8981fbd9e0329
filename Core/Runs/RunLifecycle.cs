using System.Text.Json.Serialization;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using GanFunctions.Core.Checkpoints;
using GanFunctions.Core.Data;
using GanFunctions.Core.Losses;
using GanFunctions.Core.Quality;
using GanFunctions.Core.Training;

namespace GanFunctions.Core.Runs;

/// <summary>How an orchestration leaves a run.</summary>
/// <param name="Run">The run's id.</param>
/// <param name="InstanceId">The orchestration's own id.</param>
/// <param name="Phase">Paused, cancelled, completed or failed.</param>
/// <param name="CompletedEpochs">Epochs committed.</param>
/// <param name="Error">Why, when it failed.</param>
/// <param name="StoppedEarly">Why, when it completed before its last epoch.</param>
public sealed record Closing(
    string Run, string InstanceId, [property: JsonConverter(typeof(JsonStringEnumConverter<Phase>))] Phase Phase,
    int CompletedEpochs, string? Error = null, string? StoppedEarly = null);

/// <summary>What happens to a run before its first slice and after its last.</summary>
public sealed class RunLifecycle(
    RunStore runs, LossLog losses, DatasetCatalog datasets, RulerStore rulers, BlobContainerClient container)
{
    /// <summary>Stores the options as resolved, and has the data set at hand for the slices to come, and what its pictures are measured with.</summary>
    /// <returns>Continue; Superseded when the run is not this orchestration's own any more; Refused when the data does not fill one batch.</returns>
    /// <exception cref="DatasetUnavailableException">The data set cannot be had.</exception>
    public async Task<SliceResult> PrepareAsync(SliceRequest request, CancellationToken cancellation)
    {
        var (run, instanceId) = (request.Run, request.InstanceId);
        var claimed = await runs.UpdateAsync(run, row => TrySetPhase(row, instanceId, Phase.Preparing), cancellation);
        if (claimed is not { Changed: true, Row: var row }) return Result(claimed?.Row.IsOpenTo(instanceId) == true);

        try
        {
            await container.GetBlobClient(RunPaths.Options(run)).UploadAsync(
                BinaryData.FromObjectAsJson(new StoredOptions(1, row.Options), OptionsReader.Json),
                new BlobUploadOptions { Conditions = new BlobRequestConditions { IfNoneMatch = ETag.All } }, cancellation);
        }
        catch (RequestFailedException written) when (written.ErrorCode == BlobErrorCode.BlobAlreadyExists)
        {
            // An earlier try of this activity, or an earlier orchestration of this run, wrote the same.
        }
        int steps;
        try
        {
            steps = await FetchAsync(row, cancellation); // none when the user wants something else; the next slice sees what
        }
        catch (RefusedException refusal)
        {
            return new(SliceOutcome.Refused, request.Attempt, 0, refusal.Message);
        }
        var prepared = await runs.UpdateAsync(run, row =>
        {
            (row.StepsPerEpoch, row.Phase) = (steps, row.IsOpenTo(instanceId) ? Phase.Waiting : row.Phase);
            return row.IsOpenTo(instanceId);
        }, cancellation);
        return Result(prepared is { Changed: true });

        SliceResult Result(bool isOurs) => new(isOurs ? SliceOutcome.Continue : SliceOutcome.Superseded, request.Attempt, 0);
    }

    /// <summary>
    /// Puts the run to rest, unless the user changed his mind since the last slice: resumed it, or asked for more epochs.
    /// </summary>
    /// <returns>False when there is more to train after all.</returns>
    public async Task<bool> CloseAsync(Closing closing, CancellationToken cancellation)
    {
        var closed = await runs.UpdateAsync(closing.Run, row =>
        {
            if (row.InstanceId != closing.InstanceId || IsRevoked(row, closing)) return false;
            (row.Phase, row.Error, row.StoppedEarly) = (closing.Phase, closing.Error, closing.StoppedEarly);
            return true;
        }, cancellation);
        return closed is not { Changed: false, Row: var row } || row.InstanceId != closing.InstanceId;
    }

    /// <summary>
    /// Removes a run whole: marks its row, so that nothing can begin on it any more, then removes what it stored, and the row last, so
    /// that a deletion cut short can be asked for again.
    /// </summary>
    /// <param name="run">The run's id.</param>
    /// <param name="isFinished">Whether a row may be deleted.</param>
    /// <param name="cancellation">Gives up; what is gone is gone.</param>
    /// <returns>The row and its orchestration before, and whether it was deleted; null when there is no such run.</returns>
    public async Task<(RunRow Row, string InstanceId, bool Deleted)?> DeleteAsync(
        string run, Func<RunRow, bool> isFinished, CancellationToken cancellation)
    {
        var instanceId = "";
        var marked = await runs.UpdateAsync(run, row =>
        {
            if (row.Phase != Phase.Deleting && !isFinished(row)) return false;
            instanceId = row.InstanceId;
            (row.Phase, row.InstanceId) = (Phase.Deleting, "");
            return true;
        }, cancellation);
        if (marked is not { Row: var row }) return null;
        if (!marked.Value.Changed) return (row, row.InstanceId, false);

        var blobs = container.GetBlobsAsync(new GetBlobsOptions { Prefix = RunPaths.Root(run) }, cancellation);
        await foreach (var blob in blobs) await container.DeleteBlobIfExistsAsync(blob.Name, cancellationToken: cancellation);
        await losses.DeleteAsync(run, cancellation);
        await runs.DeleteAsync(run, cancellation);
        return (row, instanceId, true);
    }

    private async Task<int> FetchAsync(RunRow row, CancellationToken cancellation)
    {
        // A download may take minutes, and a ruler one; the user may lose patience.
        using var wish = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var watching = WatchAsync(row, wish);
        try
        {
            var data = await datasets.LoadAsync(row.Options.Dataset, wish.Token);
            var steps = row.Options.StepsPerEpoch(data.Train.Count);
            if (row.Options.QualitySamples > 0) await rulers.GetAsync(data, wish.Token);
            return steps;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return 0;
        }
        finally
        {
            await wish.CancelAsync();
            await watching;
        }
    }

    private async Task WatchAsync(RunRow begun, CancellationTokenSource wish)
    {
        try
        {
            while (true)
            {
                await Task.Delay(TimeSpan.FromSeconds(1), wish.Token);
                var row = await runs.FindAsync(begun.RowKey, wish.Token);
                if (row is null || row.InstanceId != begun.InstanceId || row.Desired != Desired.Run) await wish.CancelAsync();
            }
        }
        catch (OperationCanceledException)
        {
            // All is there, or nobody wants it any more.
        }
    }

    private static bool TrySetPhase(RunRow row, string instanceId, Phase phase)
    {
        if (!row.IsOpenTo(instanceId) || row.Desired != Desired.Run) return false;
        row.Phase = phase;
        return true;
    }

    private static bool IsRevoked(RunRow row, Closing closing) => closing.Phase switch
    {
        Phase.Paused => row.Desired != Desired.Pause,
        Phase.Cancelled => row.Desired != Desired.Cancel,
        Phase.Completed => closing.StoppedEarly is null && closing.CompletedEpochs < row.TargetEpochs,
        _ => false,
    };

    private sealed record StoredOptions(int Format, TrainingOptions Options);
}
