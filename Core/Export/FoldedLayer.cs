using TorchSharp;
using static TorchSharp.torch;

namespace GanFunctions.Core.Export;

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
