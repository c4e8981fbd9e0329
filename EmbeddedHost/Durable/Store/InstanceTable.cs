using Azure;
using Azure.Data.Tables;

namespace GanFunctions.EmbeddedHost;

/// <summary>The rows of the instances themselves: finding, listing, creating, taking over.</summary>
internal sealed class InstanceTable(HubStorage hub, HistoryTable history)
{
    public async Task<InstanceRow?> FindAsync(string instanceId, CancellationToken cancellation)
    {
        var found = await hub.Table.GetEntityIfExistsAsync<TableEntity>(instanceId, RowKeys.Instance, cancellationToken: cancellation);
        return found.HasValue ? InstanceRow.From(found.Value!) : null;
    }

    /// <summary>Adds an instance, in place of <paramref name="finished"/> if there is one. False when another writer came first.</summary>
    public async Task<bool> TryCreateAsync(InstanceRow row, HistoryEvent started, InstanceRow? finished, CancellationToken cancellation)
    {
        var next = row with { NextSequence = 2 };
        var change = finished is null
            ? new TableTransactionAction(TableTransactionActionType.Add, next.ToEntity())
            : new TableTransactionAction(TableTransactionActionType.UpdateReplace, next.ToEntity(), finished.ETag);
        var first = HistoryTable.ToEntity(row.InstanceId, row.Execution, 1, started, row.Input);
        try
        {
            await hub.Table.SubmitTransactionAsync(
                [change, new(TableTransactionActionType.UpsertReplace, first)], cancellation);
            return true;
        }
        catch (RequestFailedException e) when (e.Status is 409 or 412 or 404)
        {
            // A retried request may have met its own first attempt.
            return (await FindAsync(row.InstanceId, cancellation))?.Incarnation == row.Incarnation;
        }
    }

    /// <summary>The ids and rows of all that is pending or running: the table filters, so finished instances cost no transfer.</summary>
    public IAsyncEnumerable<InstanceRow> Unfinished(CancellationToken cancellation)
    {
        var filter = $"RowKey eq '{RowKeys.Instance}' and (Status eq 'Pending' or Status eq 'Running')";
        return Rows(hub.Table.QueryAsync<TableEntity>(filter, cancellationToken: cancellation));
    }

    /// <summary>Marks an instance as this owner's. Whoever held its ETag can append no more.</summary>
    public async Task TakeOverAsync(InstanceRow row, long epoch, CancellationToken cancellation)
    {
        var mark = new TableEntity(row.InstanceId, RowKeys.Instance) { [nameof(InstanceRow.Epoch)] = epoch };
        try
        {
            await hub.Table.UpdateEntityAsync(mark, ETag.All, TableUpdateMode.Merge, cancellation);
        }
        catch (RequestFailedException e) when (e.Status == 404)
        {
            // It ended and was purged just now.
        }
    }

    public Azure.AsyncPageable<TableEntity> Query(string filter, int pageSize, CancellationToken cancellation) =>
        hub.Table.QueryAsync<TableEntity>(filter, pageSize, cancellationToken: cancellation);

    /// <summary>Removes a finished instance: payloads, then history and inbox, the row itself last, so that a cut purge can be repeated.</summary>
    public async Task<bool> PurgeAsync(InstanceRow row, Payloads payloads, CancellationToken cancellation)
    {
        await payloads.DeleteAllAsync(row.InstanceId, null, cancellation);
        await history.DeleteRowsAsync(row.InstanceId, await history.KeysAsync(row.InstanceId, cancellation), cancellation);
        try
        {
            await hub.Table.DeleteEntityAsync(row.InstanceId, RowKeys.Instance, row.ETag, cancellation);
            return true;
        }
        catch (RequestFailedException e) when (e.Status is 404 or 412)
        {
            return false;
        }
    }

    private static async IAsyncEnumerable<InstanceRow> Rows(Azure.AsyncPageable<TableEntity> entities)
    {
        await foreach (var entity in entities)
        {
            yield return InstanceRow.From(entity);
        }
    }
}
