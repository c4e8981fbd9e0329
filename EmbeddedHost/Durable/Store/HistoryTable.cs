using Azure;
using Azure.Data.Tables;

namespace GanFunctions.EmbeddedHost;

/// <summary>The history rows of instances: reading all of an instance, and clearing away what is over.</summary>
internal sealed class HistoryTable(HubStorage hub, Payloads payloads)
{
    private const int LargestTransaction = 100;

    /// <summary>An instance as it is stored, or null. Rows that belong to another execution or incarnation come apart, to be removed.</summary>
    public async Task<StoredInstance?> LoadAsync(string instanceId, CancellationToken cancellation)
    {
        InstanceRow? row = null;
        List<TableEntity> rest = [];
        var partition = TableClient.CreateQueryFilter($"PartitionKey eq {instanceId}");
        await foreach (var entity in hub.Table.QueryAsync<TableEntity>(partition, cancellationToken: cancellation))
        {
            if (entity.RowKey == RowKeys.Instance)
            {
                row = InstanceRow.From(entity);
            }
            else
            {
                rest.Add(entity);
            }
        }

        if (row is null)
        {
            return null;
        }

        var stored = new StoredInstance(row);
        var current = RowKeys.HistoryOf(row.Execution);
        foreach (var entity in rest.OrderBy(e => e.RowKey, StringComparer.Ordinal))
        {
            if (entity.RowKey.StartsWith(current, StringComparison.Ordinal))
            {
                stored.History.Add(await ToEventAsync(entity, cancellation));
            }
            else if (entity.RowKey.StartsWith(RowKeys.HistoryPrefix, StringComparison.Ordinal))
            {
                stored.Leftovers.Add(entity.RowKey);
            }
        }

        return stored;
    }

    /// <summary>Every row of an instance but its own.</summary>
    public async Task<List<string>> KeysAsync(string instanceId, CancellationToken cancellation)
    {
        List<string> keys = [];
        var filter = TableClient.CreateQueryFilter($"PartitionKey eq {instanceId} and RowKey ne {RowKeys.Instance}");
        await foreach (var entity in hub.Table.QueryAsync<TableEntity>(filter, null, ["PartitionKey", "RowKey"], cancellation))
        {
            keys.Add(entity.RowKey);
        }

        return keys;
    }

    /// <summary>Removes rows of executions that are over, and their payloads before them.</summary>
    public async Task SweepAsync(string instanceId, IReadOnlyList<string> keys, CancellationToken cancellation)
    {
        foreach (var execution in keys.Select(RowKeys.ExecutionOf).Distinct())
        {
            await payloads.DeleteAllAsync(instanceId, execution, cancellation);
        }

        await DeleteRowsAsync(instanceId, keys, cancellation);
    }

    public async Task DeleteRowsAsync(string instanceId, IReadOnlyList<string> keys, CancellationToken cancellation)
    {
        foreach (var batch in keys.Chunk(LargestTransaction))
        {
            try
            {
                await hub.Table.SubmitTransactionAsync(batch.Select(Deletion), cancellation);
            }
            catch (RequestFailedException e) when (e.Status == 404)
            {
                // Somebody has been here before: a row that is gone fails its whole batch, so go one by one.
                foreach (var key in batch)
                {
                    await hub.Table.DeleteEntityAsync(instanceId, key, ETag.All, cancellation);
                }
            }
        }

        TableTransactionAction Deletion(string key) =>
            new(TableTransactionActionType.Delete, new TableEntity(instanceId, key), ETag.All);
    }

    public static TableEntity ToEntity(string instanceId, int execution, int sequence, HistoryEvent line, StoredPayload payload)
    {
        var entity = new TableEntity(instanceId, RowKeys.History(execution, sequence))
        {
            [nameof(HistoryEvent.Kind)] = line.Kind.ToString(),
            ["Time"] = line.Timestamp,
            [nameof(HistoryEvent.TaskId)] = line.TaskId,
            [nameof(HistoryEvent.Name)] = line.Name,
            [nameof(HistoryEvent.FireAt)] = line.FireAt,
        };
        payload.WriteTo(entity, nameof(HistoryEvent.Payload));
        return entity;
    }

    private async Task<HistoryEvent> ToEventAsync(TableEntity entity, CancellationToken cancellation) => new(
        Enum.Parse<HistoryKind>(entity.GetString(nameof(HistoryEvent.Kind))),
        entity.GetDateTimeOffset("Time")!.Value,
        entity.GetInt32(nameof(HistoryEvent.TaskId))!.Value,
        entity.GetString(nameof(HistoryEvent.Name)),
        await payloads.ReadAsync(StoredPayload.ReadFrom(entity, nameof(HistoryEvent.Payload)), cancellation),
        entity.GetDateTimeOffset(nameof(HistoryEvent.FireAt)));
}

/// <summary>What is stored of an instance.</summary>
internal sealed record StoredInstance(InstanceRow Row)
{
    public List<HistoryEvent> History { get; } = [];

    /// <summary>Keys of history rows of executions that are over.</summary>
    public List<string> Leftovers { get; } = [];
}
