using System.Runtime.CompilerServices;
using Azure.Data.Tables;

namespace GanFunctions.Core.Losses;

/// <summary>Losses of runs in table <c>GanLosses</c>.</summary>
/// <param name="table">The table.</param>
public sealed class LossLog(TableClient table)
{
    private const int MaxTransaction = 100; // operations; a limit of the service

    /// <summary>Writes rows; the same rows again change nothing.</summary>
    /// <param name="rows">Rows of one run.</param>
    /// <param name="cancellation">Gives up.</param>
    public Task WriteAsync(IEnumerable<LossRow> rows, CancellationToken cancellation) =>
        SubmitAsync(rows, TableTransactionActionType.UpsertReplace, cancellation);

    /// <summary>A run's rows by attempt, epoch and step.</summary>
    public IAsyncEnumerable<LossRow> ReadAsync(string run, CancellationToken cancellation) =>
        table.QueryAsync<LossRow>(row => row.PartitionKey == run, cancellationToken: cancellation);

    /// <summary>A run's rows of an epoch and those behind it, by attempt, epoch and step. What comes before is skipped by key, in every attempt.</summary>
    /// <param name="run">The run's id.</param>
    /// <param name="from">The first epoch, from 1.</param>
    /// <param name="cancellation">Gives up.</param>
    public async IAsyncEnumerable<LossRow> ReadAsync(string run, int from, [EnumeratorCancellation] CancellationToken cancellation)
    {
        for (var start = LossRow.FirstKey(0, from); start is not null;)
        {
            var rest = TableClient.CreateQueryFilter($"PartitionKey eq {run} and RowKey ge {start}");
            start = null;
            await foreach (var row in table.QueryAsync<LossRow>(rest, cancellationToken: cancellation))
            {
                if (row.Epoch() < from) // the next attempt, from its start
                {
                    start = LossRow.FirstKey(row.Attempt(), from);
                    break;
                }
                yield return row;
            }
        }
    }

    /// <summary>Removes a run's rows.</summary>
    public async Task DeleteAsync(string run, CancellationToken cancellation)
    {
        var rows = await ReadAsync(run, cancellation).ToListAsync(cancellation);
        await SubmitAsync(rows, TableTransactionActionType.Delete, cancellation);
    }

    private async Task SubmitAsync(IEnumerable<LossRow> rows, TableTransactionActionType action, CancellationToken cancellation)
    {
        foreach (var batch in rows.Chunk(MaxTransaction))
            await table.SubmitTransactionAsync(batch.Select(row => new TableTransactionAction(action, row)), cancellation);
    }
}

/// <summary>Picks from the rows of a run.</summary>
public static class LossHistory
{
    /// <summary>The rows that no later attempt trained again: a roll-back takes back what was trained from there on.</summary>
    /// <param name="rows">A run's rows by attempt, epoch and step, as the log has them.</param>
    public static IReadOnlyList<LossRow> Standing(IReadOnlyList<LossRow> rows)
    {
        var standing = new Stack<LossRow>();
        var (attempt, first, takenBack) = (-1, long.MaxValue, long.MaxValue);
        foreach (var row in rows.Reverse())
        {
            if (row.Attempt() != attempt) (attempt, takenBack) = (row.Attempt(), Math.Min(takenBack, first));
            first = Position(row);
            if (first < takenBack) standing.Push(row);
        }
        return [.. standing];
    }

    /// <summary>Of every epoch's logged steps the first, and every <paramref name="count"/>th behind it; and its summary.</summary>
    public static async IAsyncEnumerable<LossRow> EveryStep(this IAsyncEnumerable<LossRow> rows, int count)
    {
        var (epoch, index) = ((0, 0), 0);
        await foreach (var row in rows)
        {
            if ((row.Attempt(), row.Epoch()) != epoch) (epoch, index) = ((row.Attempt(), row.Epoch()), 0);
            if (row.Step() is null || index++ % count == 0) yield return row;
        }
    }

    private static long Position(LossRow row) => ((long)row.Epoch() << 32) + (row.Step() ?? int.MaxValue);
}
