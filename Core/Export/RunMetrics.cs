using GanFunctions.Core.Losses;

namespace GanFunctions.Core.Export;

/// <summary>A metric of a run for an experiment tracker.</summary>
/// <param name="Name">Its name; the part before the slash is its group.</param>
/// <param name="Value">Its value; NaN if it was NaN or infinite.</param>
public readonly record struct RunMetric(string Name, double Value);

/// <summary>The rows of the loss log as metrics, named the same in every experiment tracker.</summary>
public static class RunMetrics
{
    /// <summary>The metrics of a row. Those that were not measured are left out.</summary>
    public static IEnumerable<RunMetric> Of(LossRow row) => row.Step() is null ? OfEpoch(row) : OfStep(row);

    /// <summary>
    /// The position of a row on the axis of its metrics: the number of training steps for the metrics of a step, the epoch for those of an epoch.
    /// </summary>
    public static long StepOf(LossRow row, int stepsPerEpoch) => row.Step() is { } step ? (row.Epoch() - 1L) * stepsPerEpoch + step : row.Epoch();

    private static IEnumerable<RunMetric> OfStep(LossRow row)
    {
        yield return new("loss/discriminator", row.DiscriminatorLoss ?? double.NaN);
        yield return new("loss/generator", row.GeneratorLoss ?? double.NaN);
        yield return new("score/real", row.RealScore ?? double.NaN);
        yield return new("score/fake", row.FakeScore ?? double.NaN);
        if (row.ImagesPerSecond is { } speed) yield return new("speed/images_per_second", speed);
    }

    private static IEnumerable<RunMetric> OfEpoch(LossRow row)
    {
        yield return new("epoch/discriminator_loss", row.DiscriminatorLoss ?? double.NaN);
        yield return new("epoch/generator_loss", row.GeneratorLoss ?? double.NaN);
        yield return new("epoch/real_score", row.RealScore ?? double.NaN);
        yield return new("epoch/fake_score", row.FakeScore ?? double.NaN);
        (string Name, double? Value)[] measured =
        [
            ("frechet_distance", row.FrechetDistance), ("kernel_distance", row.KernelDistance), ("variety", row.Variety), ("precision", row.Precision),
            ("recall", row.Recall), ("density", row.Density), ("coverage", row.Coverage), ("rarest_share", row.RarestShare),
            ("class_entropy", row.ClassEntropy), ("confidence", row.Confidence),
        ];
        foreach (var (name, value) in measured)
            if (value is not null) yield return new($"quality/{name}", value.Value);
    }
}
