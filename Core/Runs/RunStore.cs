using Azure;
using Azure.Data.Tables;
using GanFunctions.Core.Storage;

namespace GanFunctions.Core.Runs;

/// <summary>Rows of runs in table <c>GanRuns</c>.</summary>
/// <param name="table">The table.</param>
public sealed class RunStore(TableClient table)
{
    /// <summary>Inserts the row that claims a run's id.</summary>
    /// <returns>False when the id is taken.</returns>
    public async Task<bool> TryClaimAsync(RunRow row, CancellationToken cancellation)
    {
        try
        {
            await table.AddEntityAsync(row, cancellation);
            return true;
        }
        catch (RequestFailedException taken) when (taken.Status == 409)
        {
            // Ours after all, if the first answer was lost and the client asked again.
            return (await FindAsync(row.RowKey, cancellation))?.InstanceId == row.InstanceId;
        }
    }

    /// <summary>The run's row, or null.</summary>
    public async Task<RunRow?> FindAsync(string run, CancellationToken cancellation)
    {
        if (!ResourceId.IsValid(run)) return null;
        var found = await table.GetEntityIfExistsAsync<RunRow>(RunRow.Partition, run, cancellationToken: cancellation);
        return found.HasValue ? found.Value : null;
    }

    /// <summary>All runs, by id.</summary>
    public IAsyncEnumerable<RunRow> ListAsync(CancellationToken cancellation) =>
        table.QueryAsync<RunRow>(row => row.PartitionKey == RunRow.Partition, cancellationToken: cancellation);

    /// <summary>A run that is not finished and trains on a data set, or null.</summary>
    public async Task<RunRow?> FindOnAsync(string dataset, CancellationToken cancellation) => await ListAsync(cancellation).FirstOrDefaultAsync(
        row => row.Options.Dataset == dataset && row.Phase != Phase.Deleting && row.State() is not (RunState.Cancelled or RunState.Completed or RunState.Failed), cancellation);

    /// <summary>Whether a run waits for a free worker.</summary>
    public async Task<bool> AnyQueuedAsync(CancellationToken cancellation) => await ListAsync(cancellation).AnyAsync(
        row => row is { Phase: Phase.Queued, Desired: Desired.Run }, cancellation);

    /// <summary>
    /// Reads, lets <paramref name="change"/> decide and writes with If-Match, again and again until nobody came in between.
    /// </summary>
    /// <param name="run">The run's id.</param>
    /// <param name="change">Changes the row; false leaves it as it is. May be called more than once.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>The row as it is now, and whether it was changed; null when there is no such run.</returns>
    public async Task<(RunRow Row, bool Changed)?> UpdateAsync(string run, Func<RunRow, bool> change, CancellationToken cancellation)
    {
        var written = "";
        while (await FindAsync(run, cancellation) is { } row)
        {
            if (written.Length > 0 && row.WriteId == written) return (row, true);
            if (!change(row)) return (row, false);
            row.WriteId = written = Guid.NewGuid().ToString("N");
            try
            {
                await table.UpdateEntityAsync(row, row.ETag, TableUpdateMode.Replace, cancellation);
                return (row, true);
            }
            catch (RequestFailedException conflict) when (conflict.Status == 412)
            {
                // Somebody else wrote the row, or we did and the answer was lost: see what it says now.
            }
            catch (RequestFailedException gone) when (gone.Status == 404)
            {
                return null;
            }
        }
        return null;
    }

    /// <summary>Merges the training's progress; the other columns stay as they are. A run that is gone is left alone.</summary>
    public async Task MergeProgressAsync(string run, TrainingProgress progress, CancellationToken cancellation)
    {
        var entity = new TableEntity(RunRow.Partition, run)
        {
            [nameof(RunRow.Epoch)] = progress.Epoch,
            [nameof(RunRow.Step)] = progress.Step,
            [nameof(RunRow.StepsPerEpoch)] = progress.StepsPerEpoch,
            [nameof(RunRow.Attempt)] = progress.Attempt,
        };
        AddFinite(entity, nameof(RunRow.ImagesPerSecond), progress.ImagesPerSecond);
        AddFinite(entity, nameof(RunRow.DiscriminatorLoss), progress.Losses.Discriminator);
        AddFinite(entity, nameof(RunRow.GeneratorLoss), progress.Losses.Generator);
        AddFinite(entity, nameof(RunRow.RealScore), progress.Losses.RealScore);
        AddFinite(entity, nameof(RunRow.FakeScore), progress.Losses.FakeScore);
        try
        {
            await table.UpdateEntityAsync(entity, ETag.All, TableUpdateMode.Merge, cancellation);
        }
        catch (RequestFailedException gone) when (gone.Status == 404)
        {
            // Deleted meanwhile; the training finds out when it looks at its row.
        }
    }

    /// <summary>Removes the row.</summary>
    public Task DeleteAsync(string run, CancellationToken cancellation) =>
        table.DeleteEntityAsync(RunRow.Partition, run, cancellationToken: cancellation);

    private static void AddFinite(TableEntity entity, string name, double value)
    {
        if (double.IsFinite(value)) entity[name] = value;
    }
}
