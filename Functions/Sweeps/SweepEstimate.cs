using GanFunctions.Core.Data;
using GanFunctions.Core.Runs;
using GanFunctions.Core.Sweeps;
using GanFunctions.Core.Training;
using GanFunctions.Functions.Runs;

namespace GanFunctions.Functions.Sweeps;

/// <summary>Estimates what a sweep would cost, by the speed of earlier runs.</summary>
public sealed class SweepEstimate(DryRun runs, CostSettings costs)
{
    /// <summary>The estimate for all trials together. With halving, as many are trained on from each rung as it promotes; limits are not considered.</summary>
    /// <param name="definition">The sweep.</param>
    /// <param name="trials">The resolved options of each trial, for its last epoch.</param>
    /// <param name="data">The data set; null if it is not known.</param>
    /// <param name="cancellation">Cancels the reads.</param>
    public async Task<DryRunEstimate> OfAsync(
        SweepDefinition definition, IReadOnlyList<TrainingOptions> trials, DatasetInfo? data, CancellationToken cancellation)
    {
        var (sum, basedOn, why) = (new CostEstimate(0, 0, 0), new List<string>(), "");
        foreach (var alike in trials.GroupBy(options => options.Preset)) // which decides the networks
        {
            var (pace, run, reason) = await runs.FindPaceAsync(alike.First(), data, cancellation);
            if (pace is null) return new(null, costs.Currency, null, reason);
            var pictures = alike.Sum(options => (double)options.StepsPerEpoch(data!.Train!.Value) * options.BatchSize * definition.MeanEpochs(options.Epochs));
            var (executions, gbSeconds, amount) = pace.For((long)pictures, costs);
            sum = new(sum.Executions + executions, Math.Round(sum.GbSeconds + gbSeconds, 1), Math.Round(sum.Amount + amount, 6));
            basedOn.Add(run!);
            why = reason;
        }
        return basedOn is [var only]
            ? new(sum, costs.Currency, only, why)
            : new(sum, costs.Currency, basedOn[0],
                $"By the speed of the runs {string.Join(", ", basedOn)}, one for each preset. Other options and instances change it.");
    }
}
