using System.Text.Json.Nodes;
using GanFunctions.Core.Data;
using GanFunctions.Core.Training;

namespace GanFunctions.Core.Sweeps;

/// <summary>The options of a sweep's trials, read as the start of a run reads them.</summary>
public static class TrialOptions
{
    /// <summary>Reads the options of all trials.</summary>
    /// <param name="definition">The sweep.</param>
    /// <param name="space">Its valid dimensions.</param>
    /// <param name="data">The data set; null if it is unknown.</param>
    /// <param name="faults">Receives what is wrong with the options of any trial.</param>
    /// <returns>The resolved options of each trial.</returns>
    public static IReadOnlyList<TrainingOptions> Read(SweepDefinition definition, SearchSpace space, DatasetInfo? data, Faults faults)
    {
        if (definition.Search == Search.Grid) space = new([.. space.Dimensions.Where(dimension => dimension.Count is not null)]);
        var trials = definition.Search == Search.Grid ? (int)Math.Min(space.Combinations!.Value, definition.Trials) : definition.Trials;
        var all = new List<TrainingOptions>();
        for (var trial = 1; trial <= trials; trial++)
        {
            var point = space.PointOf(definition.Search, definition.Seed, trial);
            var wrong = new SortedDictionary<string, string[]>(StringComparer.Ordinal);
            var options = OptionsReader.Read(SweepDefinition.Joined(definition.Options, point), data, wrong);
            AddMissingQuality(definition, options, data, wrong);
            faults.Add("space.", wrong.Where(problem => IsVaried(problem.Key)));
            faults.Add("options.", wrong.Where(problem => !IsVaried(problem.Key)));
            all.Add(options);

            bool IsVaried(string field) => point.ContainsKey(field.Split('.')[0]);
        }
        if (definition.Measure.NeedsLabels && data is { Classes: null or < TrainingOptions.MinClasses })
        {
            faults.Add("metric", $"metric: \"{definition.Metric}\" is not valid; it needs at least two labels, and the data set {data.Name} has "
                + $"{data.Classes ?? 0}.");
        }
        return all;
    }

    private static void AddMissingQuality(
        SweepDefinition definition, TrainingOptions options, DatasetInfo? data, SortedDictionary<string, string[]> wrong)
    {
        if (options.QualitySamples > 0 || wrong.ContainsKey("qualitySamples")) return;
        wrong["qualitySamples"] = definition.Options["qualitySamples"] is JsonValue
            ? [$"qualitySamples: 0 is not valid; trials are compared by {definition.Metric}, which is then not measured."]
            : [$"qualitySamples: 0 is what the data set {data?.Name} allows, which has too few pictures to measure {definition.Metric} with: the minimum is "
                + $"{QualityMinimum.Text}."];
    }
}
