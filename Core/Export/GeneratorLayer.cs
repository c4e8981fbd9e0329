using TorchSharp.Modules;
using static TorchSharp.torch;
using Generator = GanFunctions.Core.Model.Generator;

namespace GanFunctions.Core.Export;

/// <summary>A layer of a generator with the normalisation behind it.</summary>
/// <param name="Name">As its tensors are named in a checkpoint.</param>
/// <param name="Weight"><c>[out, in]</c> of the dense layer, <c>[in, out, kernel, kernel]</c> of a transposed convolution.</param>
/// <param name="Up">The transposed convolution; null for the dense layer.</param>
internal sealed record GeneratorLayer(string Name, Tensor Weight, ConvTranspose2d? Up)
{
    /// <summary>What is added for each class, <c>[classes, out]</c>; null where it is not conditional, and behind the first layer.</summary>
    public Tensor? Classes { get; init; }

    /// <summary>The normalisation, behind which comes a LeakyReLU; null behind the last layer, where tanh comes.</summary>
    public BatchNorm? Norm { get; init; }

    /// <summary>Which dimension of <see cref="Weight"/> is that of the output.</summary>
    public int OutAxis => Up is null ? 0 : 1;

    /// <summary>Output features or channels.</summary>
    public int Outs => (int)Weight.shape[OutAxis];

    /// <summary>The layers of a generator, from noise to pictures.</summary>
    /// <exception cref="NotSupportedException">It has a layer that is not known here.</exception>
    public static IReadOnlyList<GeneratorLayer> Of(Generator generator)
    {
        var layers = new List<GeneratorLayer>();
        foreach (var (name, module) in generator.named_children())
        {
            switch (module)
            {
                case Linear { bias: null } dense: layers.Add(new(name, dense.weight!, null)); break;
                case ConvTranspose2d { bias: null } up: layers.Add(new(name, up.weight!, up)); break;
                case Embedding classes: layers[^1] = layers[^1] with { Classes = classes.weight! }; break;
                case BatchNorm norm: layers[^1] = layers[^1] with { Norm = norm }; break;
                default: throw new NotSupportedException($"A layer of type {module.GetName()} is not known here: {name}.");
            }
        }
        return layers;
    }
}

/// <summary>
/// A layer with the normalisation behind it made part of its weights. With running statistics batch normalisation is a scale and a shift for each
/// output, scale = gamma / sqrt(variance + epsilon) and shift = beta - mean * scale (Jacob et al. 2017, arXiv:1712.05877, 3.2).
/// </summary>
/// <param name="Weight">In the shape of the layer's own.</param>
/// <param name="Bias"><c>[out]</c>, or <c>[classes, out]</c> where it depends on the class; empty where nothing is added.</param>
/// <remarks>Calculated in double precision and with operations that IEEE 754 rounds exactly, so that every processor gets the same bytes.</remarks>
internal sealed record FoldedLayer(float[] Weight, float[] Bias)
{
    /// <summary>Folds a layer.</summary>
    public static FoldedLayer Of(GeneratorLayer layer)
    {
        if (layer.Norm is not { } norm) return new(Values(layer.Weight), []);
        var (gamma, beta) = (Values(norm.weight!), Values(norm.bias!));
        var (mean, variance) = (Values(norm.running_mean!), Values(norm.running_var!));
        var (scale, shift) = (new double[layer.Outs], new double[layer.Outs]);
        for (var o = 0; o < scale.Length; o++)
        {
            scale[o] = gamma[o] / Math.Sqrt(variance[o] + norm.eps);
            shift[o] = beta[o] - mean[o] * scale[o];
        }
        var (weight, zeros) = (Values(layer.Weight), new double[layer.Outs]);
        Apply(weight, (int)layer.Weight.shape.Skip(layer.OutAxis + 1).Aggregate(1L, (size, side) => size * side), scale, zeros);
        var bias = layer.Classes is { } classes ? Values(classes) : new float[layer.Outs];
        Apply(bias, 1, scale, shift);
        return new(weight, bias);
    }

    /// <param name="values"><c>[any, out, inner]</c>, changed in place.</param>
    /// <param name="inner">Values of an output that lie side by side.</param>
    /// <param name="scale">Of each output.</param>
    /// <param name="shift">Of each output, added behind.</param>
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
