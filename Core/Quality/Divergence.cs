using System.Globalization;
using GanFunctions.Core.Training;

namespace GanFunctions.Core.Quality;

/// <summary>
/// Tells from a whole epoch that a training which still gives numbers is lost all the same. The thresholds lie well beyond what healthy
/// trainings do, first epochs included: there D(G(z)) is 0.04 and more, and no epoch so far was much worse than the best before it.
/// </summary>
public static class Divergence
{
    private const int FewestSteps = 100;      // of an epoch that can be judged by its means
    private const double Convinced = 0.99;    // of the largest D(x) that the labels ask for
    private const double Unconvinced = 0.005; // D(G(z))
    private const double Hopeless = 6;        // the generator's loss in nats; it is 0.7 where the discriminator only guesses
    private const double OneClass = 0.98;
    private const double ManyClasses = 0.5;
    private const double MuchWorse = 3;

    /// <summary>Why an epoch counts as diverged, to follow "The training diverged: "; null while it does not.</summary>
    /// <param name="options">The run's.</param>
    /// <param name="epoch">From 1.</param>
    /// <param name="steps">Steps in the epoch.</param>
    /// <param name="means">Mean losses of the epoch.</param>
    /// <param name="best">The best epoch before it.</param>
    /// <param name="quality">Of its pictures, where they were measured.</param>
    public static string? Of(TrainingOptions options, int epoch, int steps, StepLosses means, BestEpoch? best, PictureQuality? quality)
    {
        if (IsSaturated(options, steps, means))
        {
            return FormattableString.Invariant(
                $"the discriminator is saturated; over the whole of epoch {epoch} D(x) was {means.RealScore:F3}, D(G(z)) {means.FakeScore:F3} and the generator's loss {means.Generator:F1}");
        }
        // A fall, not a low: a generator that has not learned to draw yet may well draw one thing only.
        if (quality?.Classes is { LargestShare: >= OneClass } && best is { LargestShare: <= ManyClasses } && quality.FrechetDistance >= MuchWorse * best.FrechetDistance)
        {
            return FormattableString.Invariant(
                $"nearly all pictures of epoch {epoch} are of one class; those of epoch {best.Epoch} were not, at a Fréchet distance of {best.FrechetDistance} instead of {quality.FrechetDistance}");
        }
        return null;
    }

    // The tutorial's labels go up to 1 and beyond, so its D(x) is near 1 all the time: it takes all three.
    private static bool IsSaturated(TrainingOptions options, int steps, StepLosses means) => steps >= FewestSteps
        && means.RealScore >= Convinced * (1 - options.LabelSmoothing) && means.FakeScore <= Unconvinced && means.Generator >= Hopeless;
}

/// <summary>Says when a generator draws too little of what there is: mode collapse. A warning, no failure: many a generator gets over it.</summary>
public static class ModeCollapse
{
    private const int FirstEpochs = 2;        // draw little yet: on MNIST, after one of either preset, 96% and more look like eights
    private const double Trusted = 0.9;       // accuracy from which a classifier's word on classes is taken
    private const double Hardly = 0.2;        // of a class's share among real pictures
    private const double FewestExpected = 10; // pictures of a class, below which its absence may be chance
    private const double LittleVariety = 0.5; // of that of real pictures

    /// <summary>What is wrong with the pictures of an epoch, in sentences; none where all is well.</summary>
    public static IReadOnlyList<string> WarningsOf(int epoch, PictureQuality quality)
    {
        if (epoch <= FirstEpochs) return [];
        if (quality.Classes is not { Accuracy: >= Trusted } classes)
        {
            return quality.Variety >= LittleVariety
                ? []
                : [Invariant($"Mode collapse: after epoch {epoch}, the pictures differ from each other {quality.Variety:P0} as much as real ones do.")];
        }
        var missing = classes.Shares.Where(share => share.Real * quality.Samples >= FewestExpected && share.Generated < Hardly * share.Real).ToList();
        if (missing.Count == 0) return [];
        var list = string.Join(", ", missing.Select(share => Invariant($"{share.Label}: {share.Generated:P1} instead of {share.Real:P1}")));
        return [Invariant($"Mode collapse: after epoch {epoch}, {missing.Count} of {classes.Shares.Count} classes are hardly drawn ({list}).")];
    }

    // Without the blank that the invariant culture puts before a per cent sign.
    private static string Invariant(FormattableString text) => text.ToString(new CultureInfo("")
    {
        NumberFormat = { PercentPositivePattern = 1 },
    });
}
