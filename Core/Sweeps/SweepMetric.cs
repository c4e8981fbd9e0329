using GanFunctions.Core.Quality;

namespace GanFunctions.Core.Sweeps;

/// <summary>A measure of quality that the trials of a sweep are compared by.</summary>
/// <param name="Name">Its name in requests and responses.</param>
/// <param name="LowerIsBetter">Whether a lower value is better.</param>
/// <param name="NeedsLabels">Whether the data set must have labels.</param>
/// <param name="Of">Reads the measure; null if it was not measured.</param>
public sealed record SweepMetric(string Name, bool LowerIsBetter, bool NeedsLabels, Func<PictureQuality, double?> Of)
{
    /// <summary>The default.</summary>
    public const string Default = "frechetDistance";

    /// <summary>All metrics.</summary>
    public static IReadOnlyList<SweepMetric> All { get; } =
    [
        new(Default, LowerIsBetter: true, NeedsLabels: false, quality => quality.FrechetDistance),
        new("kernelDistance", LowerIsBetter: true, NeedsLabels: false, quality => quality.KernelDistance),
        new("variety", LowerIsBetter: false, NeedsLabels: false, quality => quality.Variety),
        new("precision", LowerIsBetter: false, NeedsLabels: false, quality => quality.Precision),
        new("recall", LowerIsBetter: false, NeedsLabels: false, quality => quality.Recall),
        new("density", LowerIsBetter: false, NeedsLabels: false, quality => quality.Density),
        new("coverage", LowerIsBetter: false, NeedsLabels: false, quality => quality.Coverage),
        new("classEntropy", LowerIsBetter: false, NeedsLabels: true, quality => quality.Classes?.Entropy),
        new("confidence", LowerIsBetter: false, NeedsLabels: true, quality => quality.Classes?.Confidence),
        new("rarestShare", LowerIsBetter: false, NeedsLabels: true, quality => quality.Classes?.RarestShare),
    ];

    /// <summary>The metric of a name; null if there is none.</summary>
    public static SweepMetric? Find(string name) => All.FirstOrDefault(metric => metric.Name == name);

    /// <summary>Whether <paramref name="value"/> is better than <paramref name="other"/>.</summary>
    public bool IsBetter(double value, double other) => LowerIsBetter ? value < other : value > other;
}
