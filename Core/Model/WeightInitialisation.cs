using GanFunctions.Core.Memory;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace GanFunctions.Core.Model;

/// <summary>Initialisation of the network weights.</summary>
public enum WeightScheme
{
    /// <summary>Normal distribution with standard deviation 0.02; batch-norm scales are normal around 1 (Radford et al. 2016).</summary>
    Normal,

    /// <summary>Glorot uniform distribution, the default of Keras; batch-norm scales are 1 (Glorot and Bengio 2010).</summary>
    Glorot,

    /// <summary>
    /// In a network without batch normalisation: normal distribution whose standard deviation keeps the variance of a signal through
    /// convolutions and leaky ReLU, so that it does not vanish (He et al. 2015, arXiv:1502.01852). In other networks, where the scale of the
    /// weights has no effect on a signal: <see cref="Normal"/>.
    /// </summary>
    He,
}

/// <summary>Initialises the weights of a network.</summary>
public static class WeightInitialisation
{
    private const double NormalDeviation = 0.02;
    private const int InterpolationKernel = 4;

    /// <summary>
    /// Draws all weights of <paramref name="network"/> from <paramref name="random"/>, layer by layer in order; biases become zero.
    /// </summary>
    public static void Initialise(nn.Module network, WeightScheme scheme, torch.Generator random)
    {
        using var noGradient = no_grad();
        if (scheme == WeightScheme.He && network.modules().Any(layer => layer is BatchNorm1d or BatchNorm2d)) scheme = WeightScheme.Normal;
        foreach (var (_, layer) in network.named_children())
        {
            switch (layer)
            {
                case Linear linear: Fill(linear.weight!, linear.bias, scheme, random); break;
                case Conv2d convolution: Fill(convolution.weight!, convolution.bias, scheme, random); break;
                case ConvTranspose2d { kernel_size: [InterpolationKernel, ..] } up: FillInterpolating(up.weight!, up.bias, random); break;
                case ConvTranspose2d transposed: Fill(transposed.weight!, transposed.bias, scheme, random); break;
                case Embedding embedding: Fill(embedding.weight!, null, scheme == WeightScheme.He ? WeightScheme.Normal : scheme, random); break;
                case BatchNorm1d norm: FillNorm(norm.weight!, norm.bias!, scheme, random); break;
                case BatchNorm2d norm: FillNorm(norm.weight!, norm.bias!, scheme, random); break;
                default: throw new NotSupportedException($"There is no initialisation for a layer of type {layer.GetName()}.");
            }
        }
    }

    private static void Fill(Tensor weight, Tensor? bias, WeightScheme scheme, torch.Generator random)
    {
        using var scope = NewDisposeScope();
        // The fans of a kernel [a, b, h, w] are a*h*w and b*h*w. Glorot's bound depends only on their sum, so their order does not matter;
        // He's deviation is that of a convolution, [outputs, inputs, h, w].
        var window = weight.shape.Skip(2).Aggregate(1L, (product, side) => product * side);
        var bound = Math.Sqrt(6.0 / ((weight.shape[0] + weight.shape[1]) * window));
        var deviation = Math.Sqrt(2 / ((1 + Discriminator.Leak * Discriminator.Leak) * weight.shape[1] * window));
        weight.copy_(scheme switch
        {
            WeightScheme.Glorot => rand(weight.shape, generator: random).Times(2).Minus(1).Times(bound),
            WeightScheme.He => randn(weight.shape, generator: random).Times(deviation),
            _ => randn(weight.shape, generator: random).Times(NormalDeviation),
        });
        bias?.zero_();
    }

    /// <summary>
    /// Initialises a transposed 4x4 convolution of stride 2 as a random mixture of the input channels, each interpolated linearly: the kernels
    /// are multiples of (1, 3, 3, 1)ᵀ(1, 3, 3, 1).
    /// </summary>
    private static void FillInterpolating(Tensor weight, Tensor? bias, torch.Generator random)
    {
        using var scope = NewDisposeScope();
        var line = tensor(new float[] { 1, 3, 3, 1 }).Over(Math.Sqrt(8));
        var factors = randn([weight.shape[0], weight.shape[1], 1, 1], generator: random).Times(NormalDeviation);
        weight.copy_(factors * line.unsqueeze(1) * line);
        bias?.zero_();
    }

    private static void FillNorm(Tensor scale, Tensor shift, WeightScheme scheme, torch.Generator random)
    {
        using var scope = NewDisposeScope();
        if (scheme == WeightScheme.Normal) scale.copy_(randn(scale.shape, generator: random).Times(NormalDeviation).Plus(1));
        else scale.fill_(Arithmetic.One);
        shift.zero_();
    }
}

/// <summary>Settings of batch normalisation.</summary>
/// <param name="Momentum">Fraction of the running statistics that is kept at each step, as Keras defines momentum.</param>
/// <param name="Epsilon">Added to the variance to avoid a division by zero.</param>
public sealed record BatchNormSettings(double Momentum, double Epsilon)
{
    /// <summary>The momentum as PyTorch defines it: the weight of the new statistics.</summary>
    public double UpdateShare => 1 - Momentum;
}
