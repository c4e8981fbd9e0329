namespace GanFunctions.Core.Runs;

/// <summary>What training costs by the measured speed of a run.</summary>
/// <param name="MillisecondsPerPicture">Billed time for each training picture.</param>
/// <param name="ExecutionsPerPicture">Executions for each training picture.</param>
public sealed record TrainingPace(double MillisecondsPerPicture, double ExecutionsPerPicture)
{
    /// <summary>
    /// The pace of a run: that of its slices except the first, which also prepares what the others find prepared; until there are others, its training
    /// speed. Null if neither is known.
    /// </summary>
    public static TrainingPace? Of(RunRow row)
    {
        var options = row.Options;
        var pictures = (row.CommittedSteps - row.FirstSliceSteps) * options.BatchSize;
        if (row.Executions > 1 && pictures > 0)
            return new((double)(row.BilledMilliseconds - row.FirstSliceMilliseconds) / pictures, (row.Executions - 1.0) / pictures);
        if (row is not { ImagesPerSecond: > 0 and var speed, StepsPerEpoch: > 0 }) return null;
        var slice = Math.Min((double)row.StepsPerEpoch * options.BatchSize, speed * options.MaxSliceSeconds);
        return new(1000 / speed, 1 / Math.Max(slice, 1));
    }

    /// <summary>The estimate for a number of training pictures.</summary>
    public CostEstimate For(long pictures, CostSettings settings)
    {
        var (milliseconds, executions) = ((long)(MillisecondsPerPicture * pictures), (long)Math.Ceiling(ExecutionsPerPicture * pictures));
        return new(executions, Rounded(settings.GbSeconds(milliseconds), 1), Rounded(settings.PriceOf(milliseconds, executions), 6));
    }

    /// <summary>A number for JSON.</summary>
    internal static double Rounded(decimal value, int digits) => (double)Math.Round(value, digits);
}

/// <summary>An estimate of what training costs.</summary>
/// <param name="Executions">Number of executions.</param>
/// <param name="GbSeconds">Billed GB-seconds.</param>
/// <param name="Amount">Their price.</param>
public sealed record CostEstimate(long Executions, double GbSeconds, double Amount);

/// <summary>What the training of a run costs on a Flex Consumption plan, by the settings <c>Costs</c>.</summary>
/// <param name="Executions">Slices so far, each of which is an execution. A slice is counted when it ends; one that was killed is not counted.</param>
/// <param name="Minutes">Their billed time, in minutes: each slice at least one second, rounded up to a tenth of a second.</param>
/// <param name="GbSeconds">Their billed GB-seconds.</param>
/// <param name="Amount">Their price.</param>
/// <param name="Currency">The currency of all amounts.</param>
/// <param name="Estimated">
/// What the steps from the last checkpoint to the last epoch will cost in addition, from the measured speed; null until that is known, and if the
/// run has ended.
/// </param>
public sealed record RunCost(int Executions, double Minutes, double GbSeconds, double Amount, string Currency, CostEstimate? Estimated)
{
    /// <summary>The cost of a run.</summary>
    public static RunCost Of(RunRow row, CostSettings settings)
    {
        var (milliseconds, executions) = (row.BilledMilliseconds, row.Executions);
        var left = ((long)row.TargetEpochs * row.StepsPerEpoch - row.CommittedSteps) * row.Options.BatchSize;
        return new(
            executions, TrainingPace.Rounded(milliseconds / 60_000m, 4), TrainingPace.Rounded(settings.GbSeconds(milliseconds), 1),
            TrainingPace.Rounded(settings.PriceOf(milliseconds, executions), 6), settings.Currency,
            RunTransitions.HasEnded(row) || left <= 0 ? null : TrainingPace.Of(row)?.For(left, settings));
    }
}
