using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using GanFunctions.Core.Checkpoints;
using GanFunctions.Core.Data;
using GanFunctions.Core.Losses;
using GanFunctions.Core.Training;
using Microsoft.Extensions.Logging;

namespace GanFunctions.Core.Runs;

/// <summary>Prepares runs before their first slice, checks that they can continue, and deletes runs that have ended.</summary>
public sealed class RunLifecycle(
    RunStore runs, CheckpointStore checkpoints, LossLog losses, DatasetCatalog datasets, BlobContainerClient container, TimeProvider time,
    ILogger<RunLifecycle> logger)
{
    /// <summary>
    /// Prepares a run that is waiting for a free worker: stores its data set and computes its steps per epoch. A slice does the same if it
    /// starts first.
    /// </summary>
    /// <param name="run">The run's id.</param>
    /// <param name="instanceId">The orchestration that the run must still belong to.</param>
    /// <param name="cancellation">Cancels the preparation.</param>
    /// <exception cref="UnknownDatasetException">The data set was deleted.</exception>
    /// <exception cref="DatasetUnavailableException">The data set is currently unavailable.</exception>
    public async Task PrepareAsync(string run, string instanceId, CancellationToken cancellation)
    {
        if (await runs.FindAsync(run, cancellation) is not { Desired: Desired.Run, StepsPerEpoch: 0, Options: var options } row
            || !row.IsOpenTo(instanceId))
        {
            return;
        }
        await using var watch = new RunWatch(runs, run, instanceId, time, logger);
        var stored = await watch.RunAsync(token => datasets.StoreAsync(options.Dataset, token), cancellation);
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
            if (!row.IsOpenTo(instanceId) || row.StepsPerEpoch > 0) return false; // a slice came first
            row.StepsPerEpoch = steps; // only slices set the phase
            return true;
        }, cancellation);
    }

    /// <summary>Checks that a run at rest can continue on its data set, which can be replaced or deleted once no unfinished run uses it.</summary>
    /// <param name="row">The run.</param>
    /// <param name="cancellation">Cancels the check.</param>
    /// <exception cref="UnknownDatasetException">The data set was deleted.</exception>
    /// <exception cref="DatasetUnavailableException">The data set is currently unavailable.</exception>
    /// <exception cref="RunRefusedException">
    /// The data set is no longer the one that the run was trained on, or does not work with the options of a run that has no checkpoint.
    /// </exception>
    public async Task CheckDatasetAsync(RunRow row, CancellationToken cancellation)
    {
        var options = row.Options;
        await datasets.CheckAsync(options.Dataset, cancellation);
        if (await datasets.GetAsync(options.Dataset, cancellation) is not { Train: { } pictures, Sha256: { } sha256 } data) return;
        if (await checkpoints.CandidatesAsync(row.RowKey, epoch: null, cancellation).FirstOrDefaultAsync(cancellation) is { } last)
        {
            last.CheckDataset(data.Name, sha256);
            return;
        }
        options.StepsPerEpoch(pictures);
        options.CheckClasses(data.Name, data.Classes ?? 0);
    }

    /// <summary>The number of a run's epochs that train at least <paramref name="images"/> pictures.</summary>
    /// <param name="row">The run.</param>
    /// <param name="images">Number of pictures, at least 1.</param>
    /// <param name="cancellation">Cancels the reads.</param>
    /// <returns>Null if the run has no epochs yet and its data set is gone.</returns>
    public async Task<long?> EpochsOfAsync(RunRow row, long images, CancellationToken cancellation)
    {
        var (options, steps) = (row.Options, row.StepsPerEpoch);
        if (steps == 0) // not prepared yet
        {
            var pictures = (await datasets.GetAsync(options.Dataset, cancellation))?.Train;
            if (pictures is null || options.PicturesPerEpoch(pictures.Value) < options.BatchSize) return null;
            steps = options.StepsPerEpoch(pictures.Value);
        }
        return RunLength.EpochsOf(images, steps, options.BatchSize);
    }

    /// <summary>
    /// Deletes a run. Marks its row first, so that nothing can start on it, then removes what the run stored, and the row last, so that an
    /// interrupted deletion can be repeated.
    /// </summary>
    /// <param name="run">The run's id.</param>
    /// <param name="cancellation">Cancels the deletion; what is already removed stays removed.</param>
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

        await DeleteStoredAsync(run, cancellation);
        await runs.DeleteAsync(run, cancellation);
        return (row, instanceId, true);
    }

    /// <summary>Deletes what a run stored, without its row.</summary>
    internal async Task DeleteStoredAsync(string run, CancellationToken cancellation)
    {
        var blobs = container.GetBlobsAsync(new GetBlobsOptions { Prefix = RunPaths.Root(run) }, cancellation);
        await foreach (var blob in blobs) await container.DeleteBlobIfExistsAsync(blob.Name, cancellationToken: cancellation);
        await losses.DeleteAsync(run, cancellation);
    }
}
