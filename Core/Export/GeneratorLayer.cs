using TorchSharp.Modules;
using static TorchSharp.torch;
using Generator = GanFunctions.Core.Model.Generator;

namespace GanFunctions.Core.Export;

/// <summary>A layer of a generator, with the class embedding and the normalisation that follow it.</summary>
/// <param name="Name">Name of the layer; prefix of its tensors in a checkpoint.</param>
/// <param name="Weight">
/// Weights: <c>[out, in]</c> of the dense layer, <c>[in, out, kernel, kernel]</c> of a transposed convolution, <c>[out, in, kernel, kernel]</c>
/// of a convolution.
/// </param>
/// <param name="Geometry">The geometry of a convolution, transposed or not; null for the dense layer.</param>
internal sealed record GeneratorLayer(string Name, Tensor Weight, ConvolutionGeometry? Geometry)
{
    /// <summary>
    /// Class embedding that is added to the output, <c>[classes, out]</c>; null except after the first layer of a conditional generator.
    /// </summary>
    public Tensor? Classes { get; init; }

    /// <summary>Normalisation, followed by leaky ReLU; null for the last layer, which is followed by tanh.</summary>
    public BatchNorm? Norm { get; init; }

    /// <summary>The output dimension of <see cref="Weight"/>.</summary>
    public int OutputAxis => Geometry is { IsTransposed: true } ? 1 : 0;

    /// <summary>Number of output features or channels.</summary>
    public int OutputSize => (int)Weight.shape[OutputAxis];

    /// <summary>The layers of a generator, from noise to pictures.</summary>
    /// <exception cref="NotSupportedException">A layer has an unknown type.</exception>
    public static IReadOnlyList<GeneratorLayer> Of(Generator generator)
    {
        var layers = new List<GeneratorLayer>();
        foreach (var (name, module) in generator.named_children())
        {
            switch (module)
            {
                case Linear { bias: null } dense: layers.Add(new(name, dense.weight!, null)); break;
                case ConvTranspose2d { bias: null } up:
                    layers.Add(new(name, up.weight!, new(true, up.kernel_size[0], up.stride![0], up.padding![0], up.output_padding![0])));
                    break;
                case Conv2d { bias: null } output:
                    layers.Add(new(name, output.weight!, new(false, output.kernel_size[0], output.stride![0], output.padding![0], OutputPadding: 0)));
                    break;
                case Embedding classes: layers[^1] = layers[^1] with { Classes = classes.weight! }; break;
                case BatchNorm norm: layers[^1] = layers[^1] with { Norm = norm }; break;
                default: throw new NotSupportedException($"Layer {name} has the unknown type {module.GetName()}.");
            }
        }
        return layers;
    }
}

/// <summary>The geometry of a convolution, the same in both directions.</summary>
/// <param name="IsTransposed">Whether it is a transposed convolution.</param>
/// <param name="Kernel">Side of the kernel.</param>
/// <param name="Stride">Stride.</param>
/// <param name="Padding">Padding on each side.</param>
/// <param name="OutputPadding">Pixels that a transposed convolution adds at the end.</param>
internal sealed record ConvolutionGeometry(bool IsTransposed, long Kernel, long Stride, long Padding, long OutputPadding)
{
    /// <summary>Side of the output for a side of the input.</summary>
    public int SideAfter(int side) => (int)(IsTransposed
        ? (side - 1) * Stride - 2 * Padding + Kernel + OutputPadding
        : (side + 2 * Padding - Kernel) / Stride + 1);
}

/// <summary>
/// A layer with its batch normalisation folded into the weights. In evaluation mode, batch normalisation scales and shifts each
/// output: scale = gamma / sqrt(variance + epsilon) and shift = beta - mean * scale (Jacob et al. 2017, arXiv:1712.05877, section 3.2).
/// </summary>
/// <param name="Weight">Weights in the shape of the original layer.</param>
/// <param name="Bias">Bias: <c>[out]</c>, or <c>[classes, out]</c> if it depends on the class; empty if there is none.</param>
/// <remarks>Computed in double precision with correctly rounded IEEE 754 operations, so that every processor gets the same bytes.</remarks>
internal sealed record FoldedLayer(float[] Weight, float[] Bias)
{
    /// <summary>Folds a layer.</summary>
    public static FoldedLayer Of(GeneratorLayer layer)
    {
        if (layer.Norm is not { } norm) return new(Values(layer.Weight), []);
        var (gamma, beta) = (Values(norm.weight!), Values(norm.bias!));
        var (mean, variance) = (Values(norm.running_mean!), Values(norm.running_var!));
        var (scale, shift) = (new double[layer.OutputSize], new double[layer.OutputSize]);
        for (var o = 0; o < scale.Length; o++)
        {
            scale[o] = gamma[o] / Math.Sqrt(variance[o] + norm.eps);
            shift[o] = beta[o] - mean[o] * scale[o];
        }
        var (weight, zeros) = (Values(layer.Weight), new double[layer.OutputSize]);
        Apply(weight, (int)layer.Weight.shape.Skip(layer.OutputAxis + 1).Aggregate(1L, (size, side) => size * side), scale, zeros);
        var bias = layer.Classes is { } classes ? Values(classes) : new float[layer.OutputSize];
        Apply(bias, 1, scale, shift);
        return new(weight, bias);
    }

    /// <param name="values">Values, <c>[any, out, inner]</c>, changed in place.</param>
    /// <param name="inner">Size of the last dimension.</param>
    /// <param name="scale">Scale of each output.</param>
    /// <param name="shift">Shift of each output, added after scaling.</param>
    private static void Apply(float[] values, int inner, double[] scale, double[] shift)
    {
        for (var (start, o) = (0, 0); start < values.Length; start += inner, o = (o + 1) % scale.Length)
        {
            foreach (ref var value in values.AsSpan(start, inner)) value = (float)(value * scale[o] + shift[o]);
        }
    }

    private static float[] Values(Tensor tensor)
    {
        using var contiguous = tensor.detach().contiguous();
        return contiguous.data<float>().ToArray();
    }
}
