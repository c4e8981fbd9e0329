using Azure;
using Azure.Data.Tables;
using GanFunctions.Core.Storage;

namespace GanFunctions.Core.Runs;

/// <summary>The rows of all runs, in table <c>GanRuns</c>.</summary>
/// <param name="table">The table.</param>
public sealed class RunStore(TableClient table)
{
    /// <summary>Inserts the row of a new run, which claims the run's id.</summary>
    /// <returns>False if the id is taken.</returns>
    public async Task<bool> TryClaimAsync(RunRow row, CancellationToken cancellation)
    {
        try
        {
            await table.AddEntityAsync(row, cancellation);
            return true;
        }
        catch (RequestFailedException taken) when (taken.Status == 409)
        {
            // The row may be ours: the client retries if the first response was lost.
            return (await FindAsync(row.RowKey, cancellation))?.InstanceId == row.InstanceId;
        }
    }

    /// <summary>The row of a run; null if there is no such run.</summary>
    public async Task<RunRow?> FindAsync(string run, CancellationToken cancellation)
    {
        if (!ResourceId.IsValid(run)) return null;
        var found = await table.GetEntityIfExistsAsync<RunRow>(RunRow.Partition, run, cancellationToken: cancellation);
        return found.HasValue ? found.Value : null;
    }

    /// <summary>All runs, ordered by id.</summary>
    public IAsyncEnumerable<RunRow> ListAsync(CancellationToken cancellation) =>
        table.QueryAsync<RunRow>(TableClient.CreateQueryFilter($"PartitionKey eq {RunRow.Partition}"), cancellationToken: cancellation);

    /// <summary>The runs whose ids begin with a prefix that ends with a hyphen, ordered by id.</summary>
    public IAsyncEnumerable<RunRow> ListAsync(string prefix, CancellationToken cancellation)
    {
        var end = prefix[..^1] + (char)(prefix[^1] + 1);
        return table.QueryAsync<RunRow>(
            TableClient.CreateQueryFilter($"PartitionKey eq {RunRow.Partition} and RowKey ge {prefix} and RowKey lt {end}"), cancellationToken: cancellation);
    }

    /// <summary>An unfinished run on a data set; null if there is none.</summary>
    public async Task<RunRow?> FindUnfinishedAsync(string dataset, CancellationToken cancellation) => await ListAsync(cancellation)
        .FirstOrDefaultAsync(row => row.Options.Dataset == dataset && row.Phase != Phase.Deleting && !RunTransitions.HasEnded(row), cancellation);

    /// <summary>Whether any run is waiting for a free worker.</summary>
    public async Task<bool> AnyQueuedAsync(CancellationToken cancellation) => await ListAsync(cancellation).AnyAsync(
        row => row is { Phase: Phase.Queued, Desired: Desired.Run }, cancellation);

    /// <summary>
    /// Updates a row with optimistic concurrency: reads it, applies <paramref name="change"/> and writes it with If-Match, and repeats that
    /// after a conflict.
    /// </summary>
    /// <param name="run">The run's id.</param>
    /// <param name="change">Changes the row; returns false to leave it unchanged. May be called more than once.</param>
    /// <param name="cancellation">Cancels the update.</param>
    /// <returns>The current row, and whether it was changed; null if there is no such run.</returns>
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
                // Another writer changed the row, or our own write succeeded and its response was lost: the write id tells which.
            }
            catch (RequestFailedException gone) when (gone.Status == 404)
            {
                return null;
            }
        }
        return null;
    }

    /// <summary>Writes the progress of a run without changing other columns. Does nothing if the run was deleted.</summary>
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
            // The run was deleted; the training notices when it next reads the row.
        }
    }

    /// <summary>Deletes the row.</summary>
    public Task DeleteAsync(string run, CancellationToken cancellation) =>
        table.DeleteEntityAsync(RunRow.Partition, run, cancellationToken: cancellation);

    private static void AddFinite(TableEntity entity, string name, double value)
    {
        if (double.IsFinite(value)) entity[name] = value;
    }
}
