using GanFunctions.Core.Runs;

namespace GanFunctions.Core.Sweeps;

/// <summary>Ends a sweep when its trials have used what its definition allows them to cost. What was billed to runs that were deleted does not count.</summary>
/// <param name="sweeps">The sweeps.</param>
/// <param name="runs">Their runs.</param>
/// <param name="costs">The prices.</param>
public sealed class SweepLimits(SweepStore sweeps, RunStore runs, CostSettings costs)
{
    /// <summary>Why a sweep should end; null if it should not.</summary>
    /// <param name="sweep">The sweep.</param>
    /// <param name="cancellation">Cancels the reads.</param>
    public async Task<string?> ReasonToStopAsync(SweepRow sweep, CancellationToken cancellation)
    {
        var definition = sweep.Definition;
        if (definition is { MaxMinutes: null, MaxCost: null }) return null;
        var (milliseconds, executions) = await UsedByAsync(sweep.RowKey, cancellation);
        if (definition.MaxMinutes is { } minutes && milliseconds >= minutes * 60_000)
        {
            return FormattableString.Invariant(
                $"The trials have been billed for {milliseconds / 60_000.0:0.####} minutes of training: maxMinutes is {minutes}.");
        }
        if (definition.MaxCost is { } cost && costs.PriceOf(milliseconds, executions) is var price && price >= (decimal)cost)
            return FormattableString.Invariant($"The trials have cost {price:0.######} {costs.Currency}: maxCost is {cost}.");
        return null;
    }

    /// <summary>
    /// How long a slice of a run may train before the sweep that the run belongs to would exceed what it may cost; null if nothing limits that. Slices of
    /// other trials that are being trained at the same time are not considered.
    /// </summary>
    /// <param name="run">The run's id.</param>
    /// <param name="cancellation">Cancels the reads.</param>
    public async Task<double?> SecondsOfSliceAsync(string run, CancellationToken cancellation)
    {
        if (await FindSweepOfAsync(run, cancellation) is not { Sweep: { Definition: { } definition } sweep }) return null;
        var (milliseconds, executions) = await UsedByAsync(sweep.RowKey, cancellation);
        var seconds = definition.MaxMinutes * 60 - milliseconds / 1000.0 ?? double.MaxValue;
        if (definition.MaxCost is { } cost && costs.PriceOf(1000, 0) is > 0 and var second)
            seconds = Math.Min(seconds, (double)(((decimal)cost - costs.PriceOf(milliseconds, executions + 1)) / second));
        return Math.Max(seconds, 0);
    }

    /// <summary>
    /// The orchestration to notify because the sweep that a run belongs to has reached a limit and has not been stopped yet; null if there is none.
    /// </summary>
    /// <param name="run">The run's id.</param>
    /// <param name="cancellation">Cancels the reads.</param>
    public async Task<string?> WaiterToStopAsync(string run, CancellationToken cancellation) =>
        await FindSweepOfAsync(run, cancellation) is var (row, sweep) && await ReasonToStopAsync(sweep, cancellation) is not null ? row.Waiter : null;

    /// <summary>A run and its sweep, if the sweep has limits and has not reached one.</summary>
    private async Task<(RunRow Run, SweepRow Sweep)?> FindSweepOfAsync(string run, CancellationToken cancellation) =>
        await runs.FindAsync(run, cancellation) is { Sweep: { } id } row
        && await sweeps.FindAsync(id, cancellation) is { HasEnded: false, IsStopping: false, Definition: { } definition } sweep
        && (definition.MaxMinutes ?? definition.MaxCost) is not null
            ? (row, sweep)
            : null;

    private async Task<(long Milliseconds, long Executions)> UsedByAsync(string sweep, CancellationToken cancellation)
    {
        var (milliseconds, executions) = (0L, 0L);
        await foreach (var row in runs.ListAsync($"{sweep}-", cancellation))
            if (row.Sweep == sweep) (milliseconds, executions) = (milliseconds + row.BilledMilliseconds, executions + row.Executions);
        return (milliseconds, executions);
    }
}
