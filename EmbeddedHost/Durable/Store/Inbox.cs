using Azure;
using Azure.Data.Tables;

namespace GanFunctions.EmbeddedHost;

/// <summary>What a client has sent to an instance and the instance has not taken into its history yet.</summary>
/// <param name="RowKey">Its row; rows are in the order of sending.</param>
/// <param name="IsTermination">Whether it ends the instance; otherwise it raises an event.</param>
/// <param name="Name">Of the event.</param>
/// <param name="Payload">The event, or the output of the terminated instance.</param>
/// <param name="Stored">Where the payload is kept.</param>
internal sealed record InboxMessage(string RowKey, bool IsTermination, string? Name, string? Payload, StoredPayload Stored);

/// <summary>Sends to instances. A turn takes a message out in the transaction that appends what it says.</summary>
internal sealed class Inbox(HubStorage hub, Payloads payloads, TimeProvider time)
{
    private const string Incarnation = "Incarnation";
    private const string Terminates = "Terminates";
    private long _sent;

    public async Task SendAsync(InstanceRow to, bool termination, string? name, string? payload, CancellationToken cancellation)
    {
        var row = new TableEntity(to.InstanceId, RowKeys.Inbox(time.GetUtcNow(), Interlocked.Increment(ref _sent)))
        {
            [Incarnation] = to.Incarnation,
            [Terminates] = termination,
            [nameof(InboxMessage.Name)] = name,
        };
        (await payloads.StoreForInboxAsync(to.InstanceId, payload, cancellation)).WriteTo(row, nameof(InboxMessage.Payload));
        await hub.Table.UpsertEntityAsync(row, TableUpdateMode.Replace, cancellation);
    }

    /// <summary>What waits for an instance, oldest first. Messages to an earlier instance of the same id are thrown away.</summary>
    public async Task<List<InboxMessage>> ReadAsync(InstanceRow row, CancellationToken cancellation)
    {
        List<InboxMessage> messages = [];
        var filter = TableClient.CreateQueryFilter(
            $"PartitionKey eq {row.InstanceId} and RowKey ge {RowKeys.InboxPrefix} and RowKey lt {RowKeys.AfterInbox}");
        await foreach (var entity in hub.Table.QueryAsync<TableEntity>(filter, cancellationToken: cancellation))
        {
            var stored = StoredPayload.ReadFrom(entity, nameof(InboxMessage.Payload));
            if (entity.GetString(Incarnation) != row.Incarnation)
            {
                await payloads.DeleteAsync(stored, cancellation);
                await hub.Table.DeleteEntityAsync(entity.PartitionKey, entity.RowKey, ETag.All, cancellation);
                continue;
            }

            messages.Add(new(
                entity.RowKey,
                entity.GetBoolean(Terminates) ?? false,
                entity.GetString(nameof(InboxMessage.Name)),
                await payloads.ReadAsync(stored, cancellation),
                stored));
        }

        return messages;
    }
}
