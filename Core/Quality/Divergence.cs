using GanFunctions.Core.Model;
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
