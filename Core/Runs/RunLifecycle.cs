using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using GanFunctions.Core.Checkpoints;
using GanFunctions.Core.Data;
using GanFunctions.Core.Losses;
using GanFunctions.Core.Training;
using Microsoft.Extensions.Logging;

namespace GanFunctions.Core.Runs;

/// <summary>Prepares a run before its first slice, and deletes it after its last.</summary>
public sealed class RunLifecycle(
    RunStore runs, LossLog losses, DatasetCatalog datasets, BlobContainerClient container, TimeProvider time, ILogger<RunLifecycle> logger)
{
    /// <summary>
    /// Stores the data set of a run that waits for a free worker, and computes the length of its epochs. A slice that starts first does the same.
    /// </summary>
    /// <param name="run">The run's id.</param>
    /// <param name="instanceId">The orchestration that the run must still belong to.</param>
    /// <param name="cancellation">Cancels the preparation.</param>
    /// <exception cref="UnknownDatasetException">The data set was removed.</exception>
    /// <exception cref="DatasetUnavailableException">The data set is currently unavailable.</exception>
    public async Task PrepareAsync(string run, string instanceId, CancellationToken cancellation)
    {
        if (await runs.FindAsync(run, cancellation) is not { Desired: Desired.Run, StepsPerEpoch: 0, Options: var options } row || !row.IsOpenTo(instanceId)) return;
        await using var watch = new RunWatch(runs, run, instanceId, time, logger);
        var stored = await watch.RunAsync(wanted => datasets.StoreAsync(options.Dataset, wanted), cancellation);
        if (stored?.Train is not { } count) return;
        var (steps, refused) = (0, (string?)null);
        try
        {
            steps = options.StepsPerEpoch(count);
        }
        catch (RunRefusedException refusal)
        {
            refused = refusal.Message;
        }
        await runs.UpdateAsync(run, row =>
        {
            if (refused is not null) return row.TryFail(instanceId, refused);
            if (!row.IsOpenTo(instanceId) || row.StepsPerEpoch > 0) return false; // a slice was faster
            row.StepsPerEpoch = steps; // the phase is left to the slices
            return true;
        }, cancellation);
    }

    /// <summary>
    /// Deletes a run. Marks its row first, so that nothing can start on it, then removes what the run stored, and the row last, so that an
    /// interrupted deletion can be repeated.
    /// </summary>
    /// <param name="run">The run's id.</param>
    /// <param name="cancellation">Cancels the deletion; what is removed by then stays removed.</param>
    /// <returns>The row, its orchestration before the deletion, and whether it was deleted; null if there is no such run.</returns>
    public async Task<(RunRow Row, string InstanceId, bool Deleted)?> DeleteAsync(string run, CancellationToken cancellation)
    {
        var instanceId = "";
        var marked = await runs.UpdateAsync(run, row =>
        {
            if (row.Phase != Phase.Deleting && !RunTransitions.Delete.Allowed.Contains(row.State())) return false;
            instanceId = row.InstanceId;
            RunTransitions.Delete.Apply(row, 0);
            row.InstanceId = "";
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
}
