using System.Globalization;
using System.Text;
using GanFunctions.Core.Losses;

namespace GanFunctions.Functions.Losses;

/// <summary>One row of the loss log as the API shows it: a step that was logged, or the means of an epoch, with the quality of its pictures.</summary>
/// <param name="Attempt">Roll-backs before it.</param>
/// <param name="Epoch">From 1.</param>
/// <param name="Step">Of the epoch, from 1; null for the epoch's means.</param>
/// <param name="DiscriminatorLoss">In nats; null where it was not finite.</param>
/// <param name="GeneratorLoss">In nats; null where it was not finite.</param>
/// <param name="RealScore">D(x): how real the discriminator finds real pictures; null where it was not finite.</param>
/// <param name="FakeScore">D(G(z)): how real it finds generated ones; null where it was not finite.</param>
/// <param name="ImagesPerSecond">Training speed.</param>
/// <param name="Time">When it was logged.</param>
/// <param name="NonFinite">Which of the values were not finite; null where all were.</param>
/// <param name="FrechetDistance">Between the epoch's pictures and real ones; like what follows null for a step, and where nothing was measured.</param>
/// <param name="KernelDistance">Between the same.</param>
/// <param name="Variety">How different the epoch's pictures are from each other; 1 is as different as real ones.</param>
/// <param name="RarestShare">The rarest class's share among the pictures; like what follows null where the data has no labels.</param>
/// <param name="ClassEntropy">Of the distribution of classes, in nats.</param>
/// <param name="Confidence">Mean probability that the classifier gives to the class it chooses.</param>
public sealed record LossView(
    int Attempt, int Epoch, int? Step, double? DiscriminatorLoss, double? GeneratorLoss, double? RealScore, double? FakeScore,
    double? ImagesPerSecond, DateTimeOffset Time, string? NonFinite, double? FrechetDistance, double? KernelDistance, double? Variety,
    double? RarestShare, double? ClassEntropy, double? Confidence)
{
    /// <summary>A row's view.</summary>
    public static LossView Of(LossRow row) => new(
        row.Attempt(), row.Epoch(), row.Step(), row.DiscriminatorLoss, row.GeneratorLoss, row.RealScore, row.FakeScore,
        row.ImagesPerSecond, row.Time, row.NonFinite, row.FrechetDistance, row.KernelDistance, row.Variety,
        row.RarestShare, row.ClassEntropy, row.Confidence);

    /// <summary>Views as CSV, with a line of names.</summary>
    public static string Csv(IEnumerable<LossView> rows)
    {
        var text = new StringBuilder("attempt,epoch,step,discriminatorLoss,generatorLoss,realScore,fakeScore,imagesPerSecond,time,nonFinite,"
            + "frechetDistance,kernelDistance,variety,rarestShare,classEntropy,confidence\n");
        foreach (var row in rows)
        {
            text.Append(CultureInfo.InvariantCulture, $"{row.Attempt},{row.Epoch},{row.Step},{row.DiscriminatorLoss},{row.GeneratorLoss},");
            text.Append(CultureInfo.InvariantCulture, $"{row.RealScore},{row.FakeScore},{row.ImagesPerSecond},{row.Time:O},{row.NonFinite},");
            text.Append(CultureInfo.InvariantCulture, $"{row.FrechetDistance},{row.KernelDistance},{row.Variety},");
            text.Append(CultureInfo.InvariantCulture, $"{row.RarestShare},{row.ClassEntropy},{row.Confidence}\n");
        }
        return text.ToString();
    }
}

/// <summary>What a run has logged.</summary>
/// <param name="Run">Its id.</param>
/// <param name="Steps">Logged steps, the first one first.</param>
/// <param name="Epochs">Means of the epochs that ended.</param>
public sealed record LossList(string Run, IReadOnlyList<LossView> Steps, IReadOnlyList<LossView> Epochs)
{
    /// <summary>Tells the two kinds of rows apart.</summary>
    public static LossList Of(string run, IReadOnlyList<LossView> views) =>
        new(run, [.. views.Where(view => view.Step is not null)], [.. views.Where(view => view.Step is null)]);
}
