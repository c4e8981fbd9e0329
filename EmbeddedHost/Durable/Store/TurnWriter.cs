using Azure;
using Azure.Data.Tables;

namespace GanFunctions.EmbeddedHost;

/// <summary>What a turn adds to an instance.</summary>
/// <param name="Next">The instance's row after the turn.</param>
/// <param name="Lines">What to append, in order, each with the inbox message it stems from.</param>
/// <param name="Taken">Messages that go without leaving a line: those of an execution that ends by continuing as new.</param>
internal sealed record TurnResult(
    InstanceRow Next, IReadOnlyList<(HistoryEvent Line, InboxMessage? From)> Lines, IReadOnlyList<InboxMessage> Taken);

/// <summary>Somebody else has written the instance: this process owns it no longer, or a request it had given up went through.</summary>
internal sealed class InstanceChangedException(Exception inner) : Exception("The instance was changed by another writer.", inner);

/// <summary>
/// Writes a turn: as a rule one transaction with the instance's row under If-Match. A turn too large for one goes in several, each
/// under If-Match, in order, and only the last changes the instance's state. Cut between two, the instance has a shorter history
/// that is true as far as it goes: replaying it schedules the rest again.
/// </summary>
internal sealed class TurnWriter(HubStorage hub, Payloads payloads)
{
    // 100 operations and 4 MB are the service's limits; the row of the instance is one operation.
    private const int LargestCount = 99;
    private const int LargestSize = 3_500_000;

    /// <returns>The instance's row as stored.</returns>
    /// <exception cref="InstanceChangedException">The row is not the one the turn began with.</exception>
    public async Task<InstanceRow> WriteAsync(InstanceRow current, TurnResult turn, CancellationToken cancellation)
    {
        var startsOver = turn.Next.Execution != current.Execution;
        var sequence = startsOver ? 1 : current.NextSequence;
        List<TableTransactionAction> batch = [];
        var size = 0;
        foreach (var (line, from) in turn.Lines)
        {
            var payload = await payloads.StoreAsync(current.InstanceId, turn.Next.Execution, line.Payload, cancellation);
            // JSON escapes a quote to six characters.
            var lineSize = 1024 + (6 * (payload.Text?.Length ?? 0));
            if (batch.Count + 2 > LargestCount || size + lineSize > LargestSize)
            {
                current = await SubmitAsync(batch, current, startsOver ? current : current with { NextSequence = sequence }, cancellation);
                (batch, size) = ([], 0);
            }

            var entity = HistoryTable.ToEntity(current.InstanceId, turn.Next.Execution, sequence++, line, payload);
            batch.Add(new(startsOver ? TableTransactionActionType.UpsertReplace : TableTransactionActionType.Add, entity));
            size += lineSize;
            if (from is not null)
            {
                batch.Add(Removal(from));
            }
        }

        if (batch.Count + turn.Taken.Count > LargestCount)
        {
            current = await SubmitAsync(batch, current, startsOver ? current : current with { NextSequence = sequence }, cancellation);
            batch = [];
        }

        batch.AddRange(turn.Taken.Select(Removal));
        return await SubmitAsync(batch, current, turn.Next with { NextSequence = sequence }, cancellation);

        TableTransactionAction Removal(InboxMessage message) =>
            new(TableTransactionActionType.Delete, new TableEntity(current.InstanceId, message.RowKey), ETag.All);
    }

    private async Task<InstanceRow> SubmitAsync(
        List<TableTransactionAction> batch, InstanceRow current, InstanceRow next, CancellationToken cancellation)
    {
        try
        {
            batch.Add(new(TableTransactionActionType.UpdateReplace, next.ToEntity(), current.ETag));
            var written = await hub.Table.SubmitTransactionAsync(batch, cancellation);
            return next with { ETag = written.Value[^1].Headers.ETag!.Value };
        }
        catch (RequestFailedException e) when (e.Status is 404 or 409 or 412)
        {
            throw new InstanceChangedException(e);
        }
    }
}
