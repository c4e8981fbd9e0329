using System.Runtime.CompilerServices;
using Azure;
using Azure.Data.Tables;

namespace GanFunctions.Core.Losses;

/// <summary>The loss log of all runs, in table <c>GanLosses</c>.</summary>
/// <param name="table">The table.</param>
public sealed class LossLog(TableClient table)
{
    private const int MaxOperations = 100; // per transaction; a limit of Table Storage

    /// <summary>Writes rows. Idempotent.</summary>
    /// <param name="rows">Rows of one run.</param>
    /// <param name="cancellation">Cancels the write.</param>
    public Task WriteAsync(IEnumerable<LossRow> rows, CancellationToken cancellation) =>
        SubmitAsync(rows, TableTransactionActionType.UpsertReplace, cancellation);

    /// <summary>The rows of a run, ordered by attempt, epoch and step.</summary>
    public IAsyncEnumerable<LossRow> ReadAsync(string run, CancellationToken cancellation) =>
        table.QueryAsync<LossRow>(TableClient.CreateQueryFilter($"PartitionKey eq {run}"), cancellationToken: cancellation);

    /// <summary>The rows of a run after one of them, ordered by attempt, epoch and step.</summary>
    /// <param name="run">The run's id.</param>
    /// <param name="rowKey">The key of that row; empty for all rows.</param>
    /// <param name="cancellation">Cancels the read.</param>
    public IAsyncEnumerable<LossRow> ReadAfterAsync(string run, string rowKey, CancellationToken cancellation) =>
        table.QueryAsync<LossRow>(TableClient.CreateQueryFilter($"PartitionKey eq {run} and RowKey gt {rowKey}"), cancellationToken: cancellation);

    /// <summary>
    /// The rows of a run from an epoch on, ordered by attempt, epoch and step. In every attempt, the query skips earlier rows by row key.
    /// </summary>
    /// <param name="run">The run's id.</param>
    /// <param name="from">The first epoch, from 1.</param>
    /// <param name="cancellation">Cancels the read.</param>
    public async IAsyncEnumerable<LossRow> ReadAsync(string run, int from, [EnumeratorCancellation] CancellationToken cancellation)
    {
        for (var start = LossRow.FirstKey(0, from); start is not null;)
        {
            var filter = TableClient.CreateQueryFilter($"PartitionKey eq {run} and RowKey ge {start}");
            start = null;
            await foreach (var row in table.QueryAsync<LossRow>(filter, cancellationToken: cancellation))
            {
                if (row.Epoch() < from) // the first row of the next attempt
                {
                    start = LossRow.FirstKey(row.Attempt(), from);
                    break;
                }
                yield return row;
            }
        }
    }

    /// <summary>
    /// The rows of the steps that were not rolled back, as <see cref="LossHistory.WithoutRolledBack"/> returns them, without holding them all in memory.
    /// </summary>
    /// <param name="run">The run's id.</param>
    /// <param name="cancellation">Cancels the read.</param>
    public async IAsyncEnumerable<LossRow> ReadWithoutRolledBackAsync(string run, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var firsts = new List<LossRow>(); // of every attempt
        for (var key = LossRow.FirstKey(0, 0); await FirstAsync(run, key, cancellation) is { } row; key = LossRow.FirstKey(row.Attempt() + 1, 0))
            firsts.Add(row);
        await foreach (var row in ReadAsync(run, cancellation))
        {
            var isRepeated = firsts.Exists(first => first.Attempt() > row.Attempt() && LossHistory.Position(first) <= LossHistory.Position(row));
            if (!isRepeated) yield return row;
        }
    }

    /// <summary>Deletes the rows of a run.</summary>
    public async Task DeleteAsync(string run, CancellationToken cancellation)
    {
        while (await ReadAsync(run, cancellation).ToListAsync(cancellation) is { Count: > 0 } rows)
        {
            try
            {
                await SubmitAsync(rows, TableTransactionActionType.Delete, cancellation);
            }
            catch (RequestFailedException gone) when (gone.Status == 404)
            {
                // A batch fails if one of its rows is gone: another call deletes the same rows, or this one did and its response was lost.
            }
        }
    }

    private async Task<LossRow?> FirstAsync(string run, string from, CancellationToken cancellation)
    {
        var filter = TableClient.CreateQueryFilter($"PartitionKey eq {run} and RowKey ge {from}");
        return await table.QueryAsync<LossRow>(filter, maxPerPage: 1, cancellationToken: cancellation).FirstOrDefaultAsync(cancellation);
    }

    private async Task SubmitAsync(IEnumerable<LossRow> rows, TableTransactionActionType action, CancellationToken cancellation)
    {
        foreach (var batch in rows.Chunk(MaxOperations))
            await table.SubmitTransactionAsync(batch.Select(row => new TableTransactionAction(action, row)), cancellation);
    }
}

/// <summary>Filters for the rows of a run.</summary>
public static class LossHistory
{
    /// <summary>The rows of the steps that were not rolled back, which are those that no later attempt repeated.</summary>
    /// <param name="rows">The rows of a run, ordered by attempt, epoch and step.</param>
    public static IReadOnlyList<LossRow> WithoutRolledBack(IReadOnlyList<LossRow> rows)
    {
        var remaining = new Stack<LossRow>();
        var (attempt, first, rolledBackTo) = (-1, long.MaxValue, long.MaxValue);
        foreach (var row in rows.Reverse())
        {
            if (row.Attempt() != attempt) (attempt, rolledBackTo) = (row.Attempt(), Math.Min(rolledBackTo, first));
            first = Position(row);
            if (first < rolledBackTo) remaining.Push(row);
        }
        return [.. remaining];
    }

    /// <summary>
    /// The first logged step of every epoch, every <paramref name="count"/>th one after it, and the summary of the epoch.
    /// </summary>
    public static async IAsyncEnumerable<LossRow> EveryNthStepAsync(this IAsyncEnumerable<LossRow> rows, int count)
    {
        var (epoch, index) = ((0, 0), 0);
        await foreach (var row in rows)
        {
            if ((row.Attempt(), row.Epoch()) != epoch) (epoch, index) = ((row.Attempt(), row.Epoch()), 0);
            if (row.Step() is null || index++ % count == 0) yield return row;
        }
    }

    /// <summary>A number that orders the rows of an attempt.</summary>
    internal static long Position(LossRow row) => ((long)row.Epoch() << 32) + (row.Step() ?? int.MaxValue);
}
