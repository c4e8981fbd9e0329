using System.Globalization;
using GanFunctions.Core.Training;

namespace GanFunctions.Core.Quality;

/// <summary>
/// Detects, from a whole epoch, a training that has diverged although its losses and weights are finite. The thresholds are far outside the
/// range of healthy trainings, including their first epochs: D(G(z)) is at least 0.04 there, and no epoch was much worse than the best one
/// before it.
/// </summary>
public static class Divergence
{
    private const int MinSteps = 100;           // the means of shorter epochs are too noisy
    private const double MinRealScore = 0.99;   // D(x), relative to its target label
    private const double MaxFakeScore = 0.005;  // D(G(z))
    private const double MinGeneratorLoss = 6;  // in nats; 0.7 if the discriminator only guesses
    private const double CollapsedShare = 0.98; // of the most frequent class
    private const double HealthyShare = 0.5;    // of the most frequent class, in the best epoch
    private const double DistanceFactor = 3;    // relative to the best epoch

    /// <summary>Why an epoch counts as diverged, to follow "The training diverged: "; null if it does not.</summary>
    /// <param name="options">The run's options.</param>
    /// <param name="epoch">The epoch, from 1.</param>
    /// <param name="steps">Steps in the epoch.</param>
    /// <param name="means">Mean losses of the epoch.</param>
    /// <param name="best">The best epoch before it; null if there is none.</param>
    /// <param name="quality">Quality of its pictures; null if it was not measured.</param>
    public static string? Of(TrainingOptions options, int epoch, int steps, StepLosses means, BestEpoch? best, PictureQuality? quality)
    {
        if (IsSaturated(options, steps, means))
        {
            return string.Create(
                CultureInfo.InvariantCulture,
                $"the discriminator is saturated; in epoch {epoch} the mean D(x) was {means.RealScore:F3}, D(G(z)) {means.FakeScore:F3} "
                + $"and the generator loss {means.Generator:F1}");
        }
        // Only a drop from good pictures counts: a generator that is still learning may produce a single class.
        if (quality?.Classes is { LargestShare: >= CollapsedShare } && best is { LargestShare: <= HealthyShare }
            && quality.FrechetDistance >= DistanceFactor * best.FrechetDistance)
        {
            return string.Create(
                CultureInfo.InvariantCulture,
                $"the pictures have collapsed to one class; the Fréchet distance is {quality.FrechetDistance} in epoch {epoch}, "
                + $"up from {best.FrechetDistance} in epoch {best.Epoch}");
        }
        return null;
    }

    // All three conditions are needed: the tutorial preset's labels reach 1 and more, so its D(x) is always close to 1.
    private static bool IsSaturated(TrainingOptions options, int steps, StepLosses means) => steps >= MinSteps
        && means.RealScore >= MinRealScore * (1 - options.LabelSmoothing) && means.FakeScore <= MaxFakeScore && means.Generator >= MinGeneratorLoss;
}

/// <summary>
/// Detects mode collapse: a generator that neglects classes or lacks variety. This is only a warning, because many generators recover.
/// </summary>
public static class ModeCollapse
{
    private const int SkippedEpochs = 2;        // after one epoch on MNIST, with either preset, 96% or more of the pictures are classified as eights
    private const double MinAccuracy = 0.9;     // of the classifier; a less accurate one is ignored, and only the variety counts
    private const double MinShareRatio = 0.2;   // share of a class, relative to its share among real pictures
    private const double MinExpectedCount = 10; // pictures of a class; if fewer are expected, their absence may be chance
    private const double MinVariety = 0.5;      // relative to real pictures

    /// <summary>Warnings about the pictures of an epoch, as sentences; empty if there are none.</summary>
    public static IReadOnlyList<string> WarningsOf(int epoch, PictureQuality quality)
    {
        if (epoch <= SkippedEpochs) return [];
        if (quality.Classes is not { Accuracy: >= MinAccuracy } classes)
        {
            return quality.Variety >= MinVariety
                ? []
                : [Invariant($"Mode collapse: after epoch {epoch}, the variety of the pictures is {quality.Variety:P0} of that of real pictures.")];
        }
        var missing = classes.Shares
            .Where(share => share.Real * quality.Samples >= MinExpectedCount && share.Generated < MinShareRatio * share.Real)
            .ToList();
        if (missing.Count == 0) return [];
        var list = string.Join(", ", missing.Select(share => Invariant($"{share.Label}: {share.Generated:P1} instead of {share.Real:P1}")));
        return [Invariant($"Mode collapse: after epoch {epoch}, {missing.Count} of {classes.Shares.Count} classes are missing or rare ({list}).")];
    }

    // The invariant culture would put a space before the per cent sign.
    private static string Invariant(FormattableString text) => text.ToString(new CultureInfo("")
    {
        NumberFormat = { PercentPositivePattern = 1 },
    });
}
