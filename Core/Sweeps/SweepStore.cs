using Azure;
using Azure.Data.Tables;
using GanFunctions.Core.Storage;

namespace GanFunctions.Core.Sweeps;

/// <summary>The rows of sweeps and of their trials, in table <c>GanSweeps</c>.</summary>
/// <param name="table">The table.</param>
public sealed class SweepStore(TableClient table)
{
    /// <summary>Inserts the row of a new sweep, which claims its id.</summary>
    /// <returns>False if the id is taken.</returns>
    public async Task<bool> TryClaimAsync(SweepRow row, CancellationToken cancellation)
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

    /// <summary>The row of a sweep; null if there is no such sweep.</summary>
    public async Task<SweepRow?> FindAsync(string sweep, CancellationToken cancellation)
    {
        if (!ResourceId.IsValid(sweep)) return null;
        var found = await table.GetEntityIfExistsAsync<SweepRow>(SweepRow.Partition, sweep, cancellationToken: cancellation);
        return found.HasValue ? found.Value : null;
    }

    /// <summary>All sweeps, ordered by id.</summary>
    public IAsyncEnumerable<SweepRow> ListAsync(CancellationToken cancellation) =>
        table.QueryAsync<SweepRow>(TableClient.CreateQueryFilter($"PartitionKey eq {SweepRow.Partition}"), cancellationToken: cancellation);

    /// <summary>Updates a row with optimistic concurrency: reads it, changes it and writes it with If-Match, and repeats that after a conflict.</summary>
    /// <param name="sweep">The sweep's id.</param>
    /// <param name="change">Changes the row; returns false to leave it unchanged. May be called more than once.</param>
    /// <param name="cancellation">Cancels the update.</param>
    /// <returns>The current row, and whether it was changed; null if there is no such sweep.</returns>
    public async Task<(SweepRow Row, bool Changed)?> UpdateAsync(string sweep, Func<SweepRow, bool> change, CancellationToken cancellation)
    {
        var written = "";
        while (await FindAsync(sweep, cancellation) is { } row)
        {
            if (written.Length > 0 && row.WriteId == written) return (row, true);
            if (!change(row)) return (row, false);
            row.WriteId = written = Guid.NewGuid().ToString("N");
            if (await TryReplaceAsync(row, row.ETag, cancellation)) return (row, true);
        }
        return null;
    }

    /// <summary>The trials of a sweep that have been started, by number.</summary>
    public Task<List<TrialRow>> TrialsAsync(string sweep, CancellationToken cancellation) => table
        .QueryAsync<TrialRow>(TableClient.CreateQueryFilter($"PartitionKey eq {PartitionOf(sweep)}"), cancellationToken: cancellation)
        .ToListAsync(cancellation).AsTask();

    /// <summary>Updates the row of a trial, or creates it, with optimistic concurrency.</summary>
    /// <param name="sweep">The sweep's id.</param>
    /// <param name="trial">Number of the trial, from 1.</param>
    /// <param name="change">Changes the row; returns false to leave it unchanged. May be called more than once.</param>
    /// <param name="cancellation">Cancels the update.</param>
    /// <returns>The current row.</returns>
    public async Task<TrialRow> UpdateTrialAsync(string sweep, int trial, Func<TrialRow, bool> change, CancellationToken cancellation)
    {
        var (partition, key) = (PartitionOf(sweep), FormattableString.Invariant($"{trial:D3}"));
        while (true)
        {
            var found = await table.GetEntityIfExistsAsync<TrialRow>(partition, key, cancellationToken: cancellation);
            var row = found.HasValue ? found.Value! : new TrialRow { PartitionKey = partition, RowKey = key, Trial = trial, Rung = -1 };
            // A change is idempotent: one whose response was lost leaves the row unchanged the second time.
            if (!change(row)) return row;
            if (found.HasValue ? await TryReplaceAsync(row, row.ETag, cancellation) : await TryAddAsync(row, cancellation)) return row;
        }
    }

    /// <summary>Deletes a sweep and its trials, the sweep last, so that an interrupted deletion can be repeated.</summary>
    public async Task DeleteAsync(string sweep, CancellationToken cancellation)
    {
        foreach (var trial in await TrialsAsync(sweep, cancellation))
            await table.DeleteEntityAsync(trial.PartitionKey, trial.RowKey, cancellationToken: cancellation);
        await table.DeleteEntityAsync(SweepRow.Partition, sweep, cancellationToken: cancellation);
    }

    private static string PartitionOf(string sweep) => $"trials:{sweep}"; // an id has no colon

    private async Task<bool> TryAddAsync(TrialRow row, CancellationToken cancellation)
    {
        try
        {
            await table.AddEntityAsync(row, cancellation);
            return true;
        }
        catch (RequestFailedException exists) when (exists.Status == 409)
        {
            return false;
        }
    }

    private async Task<bool> TryReplaceAsync<T>(T row, ETag seen, CancellationToken cancellation) where T : ITableEntity
    {
        try
        {
            await table.UpdateEntityAsync(row, seen, TableUpdateMode.Replace, cancellation);
            return true;
        }
        catch (RequestFailedException conflict) when (conflict.Status is 412 or 404)
        {
            return false; // another writer changed or deleted the row, or our own write succeeded and its response was lost
        }
    }
}
