using Azure;
using Azure.Data.Tables;

namespace GanFunctions.EmbeddedHost;

/// <summary>
/// Says which instances have news. Any process may write a mark, always after the news; the owner asks for the one small
/// partition every two seconds. A mark set anew while the owner looked has another ETag and outlives its removal.
/// </summary>
internal sealed class WakeMarks(HubStorage hub)
{
    public Task SetAsync(string instanceId, CancellationToken cancellation) =>
        hub.Table.UpsertEntityAsync(new TableEntity(RowKeys.WakePartition, instanceId), TableUpdateMode.Replace, cancellation);

    public async Task<List<TableEntity>> ReadAsync(CancellationToken cancellation)
    {
        List<TableEntity> marks = [];
        var filter = TableClient.CreateQueryFilter($"PartitionKey eq {RowKeys.WakePartition}");
        await foreach (var mark in hub.Table.QueryAsync<TableEntity>(filter, cancellationToken: cancellation))
        {
            marks.Add(mark);
        }

        return marks;
    }

    public async Task RemoveAsync(TableEntity mark, CancellationToken cancellation)
    {
        try
        {
            await hub.Table.DeleteEntityAsync(mark.PartitionKey, mark.RowKey, mark.ETag, cancellation);
        }
        catch (RequestFailedException e) when (e.Status is 412 or 404)
        {
        }
    }
}
