using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using GanFunctions.Core.Training;

namespace GanFunctions.Core.Sweeps;

/// <summary>Early stopping by asynchronous successive halving.</summary>
/// <param name="Epochs">Epochs of the first rung: how long every trial is trained at least.</param>
/// <param name="Factor">
/// η: the best trial in so many is trained on, for so many times the epochs. The default is 3.
/// </param>
public sealed record Halving(int Epochs, int Factor = Halving.DefaultFactor)
{
    /// <summary>The default of <see cref="Factor"/>.</summary>
    public const int DefaultFactor = 3;

    /// <summary>The maximum of <see cref="Factor"/>.</summary>
    public const int MaxFactor = 16;
}

/// <summary>What a sweep tries, and how.</summary>
/// <param name="Search">How the options of a trial are chosen. The default is <c>random</c>.</param>
/// <param name="Space">
/// The training options to vary. Each has a list of values, or a range of numbers: <c>{"min": 0.0001, "max": 0.01, "log": true}</c>. Whole numbers
/// stay whole. With <c>step</c>, which a grid needs, a range has only the values in steps from <c>min</c>; with <c>log</c>, it is the ratio of two values.
/// </param>
/// <param name="Options">The training options that all trials share. The default is none: those of the preset.</param>
/// <param name="Metric">The measure of quality, after the last epoch, that trials are compared by. The default is <c>frechetDistance</c>.</param>
/// <param name="Trials">
/// Number of trials. In a request for a grid, it is the maximum. The default is 20, or for a grid as many as it has combinations.
/// </param>
/// <param name="Parallel">Maximum number of trials that are trained at the same time. The default is 2, which keeps a worker busy between two trials.</param>
/// <param name="Seed">Seed of a random search. It does not affect the training, which has the seed of the training options. The default is 1.</param>
/// <param name="Halving">Early stopping. The default is null: every trial is trained to its last epoch.</param>
/// <param name="MaxMinutes">
/// Ends the sweep when the training of all its trials together has been billed for this number of minutes. The default is null: no limit.
/// </param>
/// <param name="MaxCost">
/// Ends the sweep when the training of all its trials together has cost this amount, in the currency of the settings <c>Costs</c>. The default is null:
/// no limit.
/// </param>
public sealed record SweepDefinition(
    Search Search, JsonObject Space, JsonObject Options, string Metric, int Trials, int Parallel, long Seed, Halving? Halving,
    double? MaxMinutes = null, double? MaxCost = null)
{
    /// <summary>The maximum number of trials.</summary>
    public const int MaxTrials = 256;

    /// <summary>The maximum of <see cref="Parallel"/>.</summary>
    public const int MaxParallel = 32;

    /// <summary>The range of <see cref="MaxMinutes"/>, as that of a run.</summary>
    public static (double Min, double Max) MinutesRange => (0.01, 10_000_000);

    /// <summary>The range of <see cref="MaxCost"/>, as that of a run.</summary>
    public static (double Min, double Max) CostRange => (0.0001, 1_000_000);

    private SearchSpace? _searchSpace;

    /// <summary>The metric.</summary>
    [JsonIgnore]
    public SweepMetric Measure => SweepMetric.Find(Metric)!;

    /// <summary>The epochs of each rung; empty without halving, where each trial has those of its options.</summary>
    [JsonIgnore]
    public IReadOnlyList<int> Rungs => Halving is { } halving ? SuccessiveHalving.RungsOf(halving.Epochs, halving.Factor, EpochsOf(Options)) : [];

    /// <summary>
    /// The epochs that a trial is trained for on average, if no trial fails and none is promoted early and overtaken later.
    /// </summary>
    /// <param name="epochs">The epochs of a trial that is trained to the end.</param>
    public double MeanEpochs(int epochs)
    {
        if (Halving is not { } halving) return epochs;
        var (sum, left, before) = (0.0, Trials, 0);
        foreach (var rung in Rungs)
        {
            sum += (double)left * (rung - before);
            (left, before) = (left / halving.Factor, rung);
        }
        return sum / Trials;
    }

    /// <summary>The values that a trial has for the options in the space.</summary>
    /// <param name="trial">Number of the trial, from 1.</param>
    public JsonObject PointOf(int trial) => (_searchSpace ??= SearchSpaceReader.Read(Space, new Faults())).PointOf(Search, Seed, trial);

    /// <summary>The options of a trial, as a user would give them for a run.</summary>
    /// <param name="trial">Number of the trial, from 1.</param>
    public JsonObject OptionsOf(int trial) => Joined(Options, PointOf(trial));

    /// <summary>The id of a trial's run.</summary>
    public static string RunOf(string sweep, int trial) => FormattableString.Invariant($"{sweep}-{trial}");

    /// <summary>The epochs that options ask for.</summary>
    internal static int EpochsOf(JsonObject options) =>
        options["epochs"] is JsonValue given && given.TryGetValue<int>(out var epochs) ? epochs : new TrainingOptions().Epochs;

    /// <summary>Options with the values of a trial.</summary>
    internal static JsonObject Joined(JsonObject options, JsonObject point)
    {
        var joined = options.DeepClone().AsObject();
        foreach (var (option, value) in point) joined[option] = value?.DeepClone();
        return joined;
    }
}
