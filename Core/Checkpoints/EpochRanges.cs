namespace GanFunctions.Core.Checkpoints;

/// <summary>Lists of epochs for people.</summary>
public static class EpochRanges
{
    /// <summary>Epochs in ascending order, such as "1-5, 8".</summary>
    public static string Of(IReadOnlyList<int> epochs)
    {
        if (epochs.Count == 0) return "none yet";
        var ranges = epochs.Index().GroupBy(each => each.Item - each.Index).Select(group => (First: group.First().Item, Last: group.Last().Item));
        return string.Join(", ", ranges.Select(range => FormattableString.Invariant($"{range.First}{(range.Last > range.First ? $"-{range.Last}" : "")}")));
    }
}
