using System.Globalization;
using System.Text;
using GanFunctions.Core.Losses;

namespace GanFunctions.Functions.Losses;

/// <summary>A row of the loss log: a logged step, or the means of an epoch with the quality of its pictures.</summary>
/// <param name="Attempt">Number of rollbacks so far.</param>
/// <param name="Epoch">The epoch, from 1.</param>
/// <param name="Step">The step in the epoch, from 1; null for the epoch's means.</param>
/// <param name="DiscriminatorLoss">The discriminator's loss, in nats; null if it was NaN or infinite.</param>
/// <param name="GeneratorLoss">The generator's loss, in nats; null if it was NaN or infinite.</param>
/// <param name="RealScore">D(x): mean probability of being real that the discriminator gives to real pictures; null if it was NaN or infinite.</param>
/// <param name="FakeScore">D(G(z)): mean probability of being real that it gives to generated pictures; null if it was NaN or infinite.</param>
/// <param name="ImagesPerSecond">Training speed in real pictures per second.</param>
/// <param name="Time">When the row was logged.</param>
/// <param name="NonFinite">Names of the values that were NaN or infinite; null if there were none.</param>
/// <param name="FrechetDistance">
/// Fréchet distance between the epoch's pictures and real ones. This and the following values are null for a step, and if
/// quality was not measured.
/// </param>
/// <param name="KernelDistance">Kernel distance between the same pictures.</param>
/// <param name="Variety">
/// Mean feature distance between two generated pictures, relative to that between two real ones; null if the real ones are nearly identical.
/// </param>
/// <param name="RarestShare">Share of the rarest class among the pictures. This and the following values are null if the data set has no labels.</param>
/// <param name="ClassEntropy">Entropy of the distribution of classes, in nats.</param>
/// <param name="Confidence">Mean probability of the predicted class.</param>
/// <param name="Precision">
/// Share of the generated pictures that lie on the manifold of the real ones. This and the following values are null for a step, if
/// quality was not measured, and in rows of earlier versions.
/// </param>
/// <param name="Recall">Share of the real pictures that lie on the manifold of the generated ones.</param>
/// <param name="Density">Like precision, but robust to outliers; about 1 for real pictures, and it can be greater.</param>
/// <param name="Coverage">Like recall, but robust to outliers; about 0.97 for real pictures.</param>
public sealed record LossView(
    int Attempt, int Epoch, int? Step, double? DiscriminatorLoss, double? GeneratorLoss, double? RealScore, double? FakeScore,
    double? ImagesPerSecond, DateTimeOffset Time, string? NonFinite, double? FrechetDistance, double? KernelDistance, double? Variety,
    double? RarestShare, double? ClassEntropy, double? Confidence,
    double? Precision = null, double? Recall = null, double? Density = null, double? Coverage = null)
{
    /// <summary>The view of a row.</summary>
    public static LossView Of(LossRow row) => new(
        row.Attempt(), row.Epoch(), row.Step(), row.DiscriminatorLoss, row.GeneratorLoss, row.RealScore, row.FakeScore,
        row.ImagesPerSecond, row.Time, row.NonFinite, row.FrechetDistance, row.KernelDistance, row.Variety,
        row.RarestShare, row.ClassEntropy, row.Confidence, row.Precision, row.Recall, row.Density, row.Coverage);

    /// <summary>Rows as CSV with a header line.</summary>
    public static string Csv(IEnumerable<LossView> rows)
    {
        var text = new StringBuilder("attempt,epoch,step,discriminatorLoss,generatorLoss,realScore,fakeScore,imagesPerSecond,time,nonFinite,"
            + "frechetDistance,kernelDistance,variety,rarestShare,classEntropy,confidence,precision,recall,density,coverage\n");
        foreach (var row in rows)
        {
            text.Append(CultureInfo.InvariantCulture, $"{row.Attempt},{row.Epoch},{row.Step},{row.DiscriminatorLoss},{row.GeneratorLoss},");
            text.Append(CultureInfo.InvariantCulture, $"{row.RealScore},{row.FakeScore},{row.ImagesPerSecond},{row.Time:O},{row.NonFinite},");
            text.Append(CultureInfo.InvariantCulture, $"{row.FrechetDistance},{row.KernelDistance},{row.Variety},");
            text.Append(CultureInfo.InvariantCulture, $"{row.RarestShare},{row.ClassEntropy},{row.Confidence},");
            text.Append(CultureInfo.InvariantCulture, $"{row.Precision},{row.Recall},{row.Density},{row.Coverage}\n");
        }
        return text.ToString();
    }
}

/// <summary>The loss log of a run.</summary>
/// <param name="Run">The run's id.</param>
/// <param name="Steps">Logged steps in order.</param>
/// <param name="Epochs">Means of the completed epochs.</param>
public sealed record LossList(string Run, IReadOnlyList<LossView> Steps, IReadOnlyList<LossView> Epochs)
{
    /// <summary>Separates steps from epochs.</summary>
    public static LossList Of(string run, IReadOnlyList<LossView> views) =>
        new(run, [.. views.Where(view => view.Step is not null)], [.. views.Where(view => view.Step is null)]);
}
