using System.Globalization;
using GanFunctions.Core.Training;

namespace GanFunctions.Core.Quality;

/// <summary>
/// Detects, from the means of an epoch, that a run has diverged although its losses and weights are finite. The thresholds are far outside the
/// range of healthy runs, including their first epochs: in the runs measured, D(G(z)) was at least 0.04, and no epoch was much worse than the
/// best one before it.
/// </summary>
public static class Divergence
{
    private const int MinSteps = 100;           // the means of shorter epochs are too noisy
    private const double MinRealScore = 0.99;   // D(x), relative to its target label
    private const double MaxFakeScore = 0.005;  // D(G(z))
    private const double MinGeneratorLoss = 6;  // in nats; 0.69 if the discriminator guesses
    private const double CollapsedShare = 0.98; // of the most frequent class
    private const double HealthyShare = 0.5;    // of the most frequent class, in the best epoch
    private const double DistanceFactor = 3;    // relative to the best epoch

    /// <summary>Why an epoch counts as diverged, as a clause to follow "The training diverged: "; null if it does not.</summary>
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
/// <remarks>
/// A class is suspicious if its share among the generated pictures is less than a fifth of its share p among the held-out ones. Whether this
/// can be chance depends on λ = np, the expected number of its pictures among n samples. If the generator produced every class with its real
/// frequency, the number K of its pictures would be distributed as Binomial(n, p), and P(K ≤ k) would be at most about the Poisson probability
/// e^-λ Σ λ^i / i!, i = 0..k. A class with k pictures is reported as missing or rare if that is at most 1% divided by the number of classes
/// (Bonferroni correction: the probability that such a generator gets a false warning for any class is then at most 1%). Otherwise the
/// warning says that the samples are too few to tell. With ten classes, zero pictures are significant if λ is at least 6.9, and one picture
/// is if λ is at least 9.2. p is itself an estimate, from up to 10,000 held-out pictures, and is taken as exact.
/// </remarks>
public static class ModeCollapse
{
    private const int SkippedEpochs = 2;        // after one epoch on MNIST, with either preset, 96% or more of the pictures are classified as eights
    private const double MinAccuracy = 0.9;     // of the classifier; a less accurate one is ignored, and the variety is checked instead
    private const double MinShareRatio = 0.2;   // share of a class, relative to its share among real pictures
    private const double Significance = 0.01;   // probability of a false warning, over all classes
    private const double MinVariety = 0.3;      // relative to real pictures; in pretrained features, 0.35 after 1,700 pictures of emoji and 0.65 after 15,000

    private const string Collapse = "Mode collapse:";

    /// <summary>Whether warnings say that the pictures show mode collapse; others only say that this cannot be told.</summary>
    public static bool IsIn(IEnumerable<string> warnings) => warnings.Any(warning => warning.StartsWith(Collapse, StringComparison.Ordinal));

    /// <summary>Warnings about the pictures of an epoch, as sentences; empty if there are none.</summary>
    public static IReadOnlyList<string> WarningsOf(int epoch, PictureQuality quality)
    {
        List<string> warnings = [];
        if (quality.Variety is null)
            warnings.Add("The pictures of the data set are nearly identical, so the variety of the generated pictures cannot be measured.");
        if (epoch <= SkippedEpochs) return warnings;
        if (quality.Classes is { Accuracy: >= MinAccuracy } classes)
            warnings.AddRange(WarningsOf(epoch, classes.Shares, quality.Samples));
        else if (quality.Variety < MinVariety)
            warnings.Add(Invariant($"{Collapse} after epoch {epoch}, the variety of the pictures is {quality.Variety:P0} of that of real pictures."));
        return warnings;
    }

    private static IEnumerable<string> WarningsOf(int epoch, IReadOnlyList<ClassShare> shares, int samples)
    {
        var threshold = Significance / shares.Count;
        var suspicious = shares.Where(share => share.Real > 0 && share.Generated < MinShareRatio * share.Real)
            .ToLookup(share => ProbabilityOfAtMost((int)Math.Round(share.Generated * samples), share.Real * samples) <= threshold);
        if (suspicious[true].ToList() is { Count: > 0 } missing)
            yield return Invariant($"{Collapse} after epoch {epoch}, {missing.Count} of {shares.Count} classes are missing or rare ({ListOf(missing)}).");
        if (suspicious[false].ToList() is { Count: > 0 } unclear)
        {
            var rarest = unclear.Min(share => share.Real);
            yield return Invariant($"After epoch {epoch}, {samples} quality samples are too few to tell whether {unclear.Count} of {shares.Count} classes ")
                + Invariant($"are missing or rare ({ListOf(unclear)}): only {rarest * samples:F1} pictures of the rarest are expected, ")
                + Invariant($"and {-Math.Log(threshold):F1} are needed.");
        }
        if (shares.Where(share => share is { Real: 0, Generated: 0 }).ToList() is { Count: > 0 } unseen)
        {
            yield return Invariant($"After epoch {epoch}, the held-out pictures are too few to tell whether {unseen.Count} of {shares.Count} classes ")
                + $"are missing ({string.Join(", ", unseen.Select(NameOf))}): the classifier assigns no held-out picture to them.";
        }
    }

    /// <summary>The Poisson probability of at most <paramref name="count"/> events where <paramref name="expected"/> are expected.</summary>
    private static double ProbabilityOfAtMost(int count, double expected)
    {
        var (term, sum) = (Math.Exp(-expected), 0.0);
        for (var events = 0; events <= count; events++)
        {
            sum += term;
            term *= expected / (events + 1);
        }
        return sum;
    }

    private static string ListOf(IEnumerable<ClassShare> shares) => string.Join(", ", shares.Select(Describe));

    private static string Describe(ClassShare share) => Invariant($"{NameOf(share)}: {share.Generated:P1} instead of {share.Real:P1}");

    private static string NameOf(ClassShare share) => share.Name ?? share.Label.ToString(CultureInfo.InvariantCulture);

    // The invariant culture would put a space before the per cent sign.
    private static string Invariant(FormattableString text) => text.ToString(new CultureInfo("")
    {
        NumberFormat = { PercentPositivePattern = 1 },
    });
}
