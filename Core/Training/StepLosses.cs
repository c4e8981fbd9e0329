using System.Text.Json.Serialization;

namespace GanFunctions.Core.Training;

/// <summary>What one step measured. Losses are in nats, the other two are mean probabilities.</summary>
/// <param name="Discriminator">The discriminator's loss.</param>
/// <param name="Generator">The generator's loss.</param>
/// <param name="RealScore">D(x): how real the discriminator finds real pictures.</param>
/// <param name="FakeScore">D(G(z)): how real it finds generated ones, before its step.</param>
public readonly record struct StepLosses(double Discriminator, double Generator, double RealScore, double FakeScore)
{
    /// <summary>Whether all four are numbers.</summary>
    [JsonIgnore]
    public bool AreFinite =>
        double.IsFinite(Discriminator) && double.IsFinite(Generator) && double.IsFinite(RealScore) && double.IsFinite(FakeScore);

    /// <summary>Sum of two steps' values.</summary>
    public static StepLosses operator +(StepLosses a, StepLosses b) => new(
        a.Discriminator + b.Discriminator, a.Generator + b.Generator, a.RealScore + b.RealScore, a.FakeScore + b.FakeScore);

    /// <summary>A sum's mean.</summary>
    public static StepLosses operator /(StepLosses sum, double count) => new(
        sum.Discriminator / count, sum.Generator / count, sum.RealScore / count, sum.FakeScore / count);

    /// <summary>See the operator.</summary>
    public static StepLosses Add(StepLosses left, StepLosses right) => left + right;

    /// <summary>See the operator.</summary>
    public static StepLosses Divide(StepLosses left, double right) => left / right;
}
