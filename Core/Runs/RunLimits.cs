namespace GanFunctions.Core.Runs;

/// <summary>Completes a run early when it has used what its options allow it to cost.</summary>
/// <param name="costs">The prices.</param>
public sealed class RunLimits(CostSettings costs)
{
    /// <summary>
    /// Why a run should complete early; null if it should not. Depends on the row and the settings alone. A run that was extended after its end
    /// counts from there.
    /// </summary>
    public string? ReasonToStop(RunRow row)
    {
        var ((milliseconds, executions), options) = (UsedBy(row), row.Options);
        var since = row.LimitsStartAfterExecutions > 0 ? " since it was extended" : "";
        if (options.MaxMinutes is { } minutes && milliseconds >= minutes * 60_000)
        {
            return FormattableString.Invariant(
                $"The run has been billed for {milliseconds / 60_000.0:0.####} minutes of training{since}: maxMinutes is {minutes}.");
        }
        if (options.MaxCost is { } cost && costs.PriceOf(milliseconds, executions) is var price && price >= (decimal)cost)
            return FormattableString.Invariant($"The run has cost {price:0.######} {costs.Currency}{since}: maxCost is {cost}.");
        return null;
    }

    /// <summary>
    /// How long a slice may train: its time limit, or less if the run would then exceed what it may cost. Several workers share what is left.
    /// </summary>
    public double SecondsOfSlice(RunRow row)
    {
        var ((milliseconds, executions), options) = (UsedBy(row), row.Options);
        var seconds = (double)options.MaxSliceSeconds;
        if (options.MaxMinutes is { } minutes) seconds = Math.Min(seconds, (minutes * 60 - milliseconds / 1000.0) / options.Workers);
        if (options.MaxCost is { } cost && costs.PriceOf(1000, 0) is > 0 and var second)
            seconds = Math.Min(seconds, (double)(((decimal)cost - costs.PriceOf(milliseconds, executions + options.Workers)) / second / options.Workers));
        return Math.Max(seconds, 0);
    }

    private static (long Milliseconds, long Executions) UsedBy(RunRow row) =>
        (row.BilledMilliseconds - row.LimitsStartAfterMilliseconds, row.Executions - row.LimitsStartAfterExecutions);
}
