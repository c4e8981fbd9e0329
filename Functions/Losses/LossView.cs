using System.Globalization;
using System.Text;
using GanFunctions.Core.Losses;

namespace GanFunctions.Functions.Losses;

/// <summary>One row of the loss log as the API shows it. <c>Step</c> is null for the mean of an epoch, which has the quality of its pictures too.</summary>
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
