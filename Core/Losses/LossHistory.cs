namespace GanFunctions.Core.Losses;

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
