using GanFunctions.Core.Memory;
using GanFunctions.Core.Model;
using TorchSharp;
using static TorchSharp.torch;

namespace GanFunctions.Core.Tests.Model;

public sealed class The_fast_layer
{
    [Theory]
    [InlineData(7, ScalarType.Float32, 1e-5)]
    [InlineData(7, ScalarType.BFloat16, 2e-2)]
    [InlineData(8, ScalarType.Float32, 1e-5)]
    [InlineData(8, ScalarType.BFloat16, 2e-2)]
    public void Is_the_transposed_convolution_with_its_gradients(int side, ScalarType type, double tolerance)
    {
        using var scope = NewDisposeScope();
        using var random = new torch.Generator(1);
        IsLike(
            (x, w) => nn.functional.conv_transpose2d(x, w, strides: [1, 1], padding: [2, 2]),
            (x, w) => FourierConvolution.Transposed(x.flatten(2).permute(2, 0, 1), w).permute(1, 2, 0).unflatten(2, [side, side]),
            randn([6, 12, side, side], generator: random), randn([12, 10, 5, 5], generator: random), type, tolerance);
    }

    /// <summary>Compares values and both gradients with torch's own layer in float64, relative to their standard deviation.</summary>
    private static void IsLike(
        Func<Tensor, Tensor, Tensor> layer, Func<Tensor, Tensor, Tensor> fast, Tensor x, Tensor weight, ScalarType type, double tolerance)
    {
        var expected = Outcome(layer, x.to(ScalarType.Float64), weight.to(ScalarType.Float64));
        var actual = Outcome(fast, x.to(type), weight.to(type));
        foreach (var (right, found) in expected.Zip(actual))
        {
            Assert.Equal(right.shape, found.shape);
            var error = (found.to(ScalarType.Float64).Plus(right.neg()).Squared().mean().sqrt() / right.std()).item<double>();
            Assert.True(error < tolerance, $"the error is {error} standard deviations");
        }
    }

    private static Tensor[] Outcome(Func<Tensor, Tensor, Tensor> layer, Tensor x, Tensor weight)
    {
        (x, weight) = (x.detach().requires_grad_(), weight.detach().requires_grad_());
        var y = layer(x, weight);
        y.backward([y.detach().Times(0.5).Plus(1)]);
        return [y.detach(), x.grad!, weight.grad!];
    }
}
