using GanFunctions.Core.Memory;
using GanFunctions.Core.Model;
using TorchSharp;
using static TorchSharp.torch;
using Generator = GanFunctions.Core.Model.Generator;

namespace GanFunctions.Core.Tests.Model;

public sealed class Kernels_without_a_checkerboard
{
    [Theory]
    [InlineData(NetworkFamily.Compact, 28)]
    [InlineData(NetworkFamily.Compact, 128)]
    [InlineData(NetworkFamily.Dcgan, 28)]
    public void Turn_uniform_areas_into_uniform_areas(NetworkFamily family, int side)
    {
        using var scope = NewDisposeScope();
        using var generator = Random(family, side);
        var before = Upsampled(generator);

        EvenKernels.Apply(generator);

        Assert.All(before, picture => Assert.True(Unevenness(picture) > 0.1, $"{Unevenness(picture)}"));
        Assert.All(Upsampled(generator), picture => Assert.InRange(Unevenness(picture), 0, 1e-5));
    }

    [Fact]
    public void Are_the_nearest_ones()
    {
        using var scope = NewDisposeScope();
        using var generator = Random(NetworkFamily.Compact, 28);
        var before = Kernels(generator);

        EvenKernels.Apply(generator);
        var after = Kernels(generator);
        EvenKernels.Apply(generator);
        var again = Kernels(generator);

        foreach (var ((first, second), third) in before.Zip(after).Zip(again))
        {
            Assert.True(second.allclose(third, rtol: 0, atol: 1e-6)); // and so those that draw no pattern are left alone
            var change = first.Plus(second.neg());
            Assert.True(change.abs().max().item<float>() > 0.1);
            Assert.Equal(0, (change * second).mean().item<float>(), tolerance: 1e-6); // a right angle: a projection
        }
    }

    /// <summary>A generator whose weights are standard normal.</summary>
    private static Generator Random(NetworkFamily family, int side)
    {
        var generator = family.CreateGenerator(new(0.9, 1e-5), new(side, 1));
        using var random = new torch.Generator(1);
        using var noGradient = no_grad();
        foreach (var weight in generator.parameters()) weight.copy_(randn(weight.shape, generator: random));
        return generator;
    }

    private static List<Tensor> Kernels(Generator generator) => [.. Upsampling(generator).Select(layer => layer.weight!.detach().clone())];

    /// <summary>A uniform area, as each of the layers enlarges it: <c>[1, channels, 12, 12]</c>, without its border.</summary>
    private static List<Tensor> Upsampled(Generator generator) =>
    [
        .. Upsampling(generator).Select(layer => layer.call(ones([1, layer.in_channels, 10, 10])).detach().narrow(2, 4, 12).narrow(3, 4, 12)),
    ];

    private static IEnumerable<TorchSharp.Modules.ConvTranspose2d> Upsampling(Generator generator) => generator.named_children().Select(child => child.module)
        .OfType<TorchSharp.Modules.ConvTranspose2d>().Where(layer => layer.stride[0] == 2);

    /// <summary>The largest difference of two pixels of a channel, relative to the mean absolute value of all pixels.</summary>
    private static float Unevenness(Tensor pictures)
    {
        var range = pictures.amax([2L, 3L]).Plus(pictures.amin([2L, 3L]).neg()).max().item<float>();
        return range / pictures.abs().mean().item<float>();
    }
}
