using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace GanFunctions.Core.Model;

/// <summary>How the weights of a fresh network are drawn.</summary>
public enum WeightScheme
{
    /// <summary>Normal with deviation 0.02; batch-norm scales normal around 1 (Radford et al. 2016).</summary>
    Normal,

    /// <summary>Glorot uniform, Keras' default; batch-norm scales 1 (Glorot and Bengio 2010).</summary>
    Glorot,
}

/// <summary>Fills a fresh network from a generator of the run's own.</summary>
public static class WeightInitialisation
{
    private const double Deviation = 0.02;

    /// <summary>Draws every weight of <paramref name="network"/> in the order of its layers; biases become zero.</summary>
    public static void Initialise(nn.Module network, WeightScheme scheme, torch.Generator random)
    {
        using var noGradient = no_grad();
        foreach (var (_, layer) in network.named_children())
        {
            switch (layer)
            {
                case Linear linear: Fill(linear.weight!, linear.bias, scheme, random); break;
                case Conv2d convolution: Fill(convolution.weight!, convolution.bias, scheme, random); break;
                case ConvTranspose2d transposed: Fill(transposed.weight!, transposed.bias, scheme, random); break;
                case Embedding embedding: Fill(embedding.weight!, null, scheme, random); break;
                case BatchNorm1d norm: FillNorm(norm.weight!, norm.bias!, scheme, random); break;
                case BatchNorm2d norm: FillNorm(norm.weight!, norm.bias!, scheme, random); break;
                default: throw new NotSupportedException($"No initialisation is known for a layer of type {layer.GetName()}.");
            }
        }
    }

    private static void Fill(Tensor weight, Tensor? bias, WeightScheme scheme, torch.Generator random)
    {
        using var scope = NewDisposeScope();
        if (scheme == WeightScheme.Normal)
        {
            weight.copy_(randn(weight.shape, generator: random) * Deviation);
        }
        else
        {
            // Fans of a kernel [a, b, h, w] are a*h*w and b*h*w; Glorot's bound only needs their sum, so the order is of no account.
            var window = weight.shape.Skip(2).Aggregate(1L, (product, side) => product * side);
            var bound = Math.Sqrt(6.0 / ((weight.shape[0] + weight.shape[1]) * window));
            weight.copy_((rand(weight.shape, generator: random) * 2 - 1) * bound);
        }
        bias?.zero_();
    }

    private static void FillNorm(Tensor scale, Tensor shift, WeightScheme scheme, torch.Generator random)
    {
        using var scope = NewDisposeScope();
        if (scheme == WeightScheme.Normal) scale.copy_(randn(scale.shape, generator: random) * Deviation + 1);
        else scale.fill_(1);
        shift.zero_();
    }
}

/// <summary>How batch normalisation keeps its running statistics.</summary>
/// <param name="Momentum">Share of the old statistics kept at each step, as Keras counts it.</param>
/// <param name="Epsilon">Added to the variance.</param>
public sealed record BatchNormSettings(double Momentum, double Epsilon)
{
    /// <summary>The same momentum as PyTorch counts it: the share of the new statistics.</summary>
    public double UpdateShare => 1 - Momentum;
}
