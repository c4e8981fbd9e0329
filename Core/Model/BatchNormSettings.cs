namespace GanFunctions.Core.Model;

/// <summary>How batch normalisation keeps its running statistics.</summary>
/// <param name="Momentum">Share of the old statistics kept at each step, as Keras counts it.</param>
/// <param name="Epsilon">Added to the variance.</param>
public sealed record BatchNormSettings(double Momentum, double Epsilon)
{
    /// <summary>The same momentum as PyTorch counts it: the share of the new statistics.</summary>
    public double UpdateShare => 1 - Momentum;
}
