using System.Text.Json.Serialization;

namespace GanFunctions.Core.Training;

/// <summary>Measurements of a step. Losses are in nats, scores are mean probabilities.</summary>
/// <param name="Discriminator">The discriminator's loss.</param>
/// <param name="Generator">The generator's loss.</param>
/// <param name="RealScore">D(x): the mean probability that the discriminator assigns to real pictures being real.</param>
/// <param name="FakeScore">D(G(z)): the same for generated pictures, before the discriminator's update.</param>
public readonly record struct StepLosses(double Discriminator, double Generator, double RealScore, double FakeScore)
{
    /// <summary>Whether all four values are finite.</summary>
    [JsonIgnore]
    public bool AreFinite =>
        double.IsFinite(Discriminator) && double.IsFinite(Generator) && double.IsFinite(RealScore) && double.IsFinite(FakeScore);

    /// <summary>Adds the values of two steps.</summary>
    public static StepLosses operator +(StepLosses a, StepLosses b) => new(
        a.Discriminator + b.Discriminator, a.Generator + b.Generator, a.RealScore + b.RealScore, a.FakeScore + b.FakeScore);

    /// <summary>Divides a sum by a count, which gives the means.</summary>
    public static StepLosses operator /(StepLosses sum, double count) => new(
        sum.Discriminator / count, sum.Generator / count, sum.RealScore / count, sum.FakeScore / count);

    /// <summary>Named equivalent of the operator.</summary>
    public static StepLosses Add(StepLosses left, StepLosses right) => left + right;

    /// <summary>Named equivalent of the operator.</summary>
    public static StepLosses Divide(StepLosses left, double right) => left / right;
}
