using GanFunctions.Core.Memory;
using GanFunctions.Core.Model;
using GanFunctions.Core.Pictures;
using GanFunctions.Core.Training;
using TorchSharp;
using static TorchSharp.torch;
using Generator = GanFunctions.Core.Model.Generator;

namespace GanFunctions.Core.Tests.Model;

public sealed class The_networks
{
    private static readonly BatchNormSettings Norm = new(0.9, 1e-5);

    [Fact]
    public void Have_the_published_numbers_of_parameters()
    {
        using var generator = NetworkFamily.Dcgan.CreateGenerator(Norm, PictureShape.Mnist);
        using var discriminator = NetworkFamily.Dcgan.CreateDiscriminator(Norm, PictureShape.Mnist);

        Assert.Equal((2_305_472, 2_330_944), (Trainable(generator), WithBuffers(generator)));
        Assert.Equal((213_249, 213_633), (Trainable(discriminator), WithBuffers(discriminator)));
    }

    [Theory]
    [InlineData(NetworkFamily.Dcgan, 28, 1, 1, 6_272)]
    [InlineData(NetworkFamily.Dcgan, 28, 3, 1, 6_272)]
    [InlineData(NetworkFamily.Dcgan, 32, 1, 1, 8_192)]
    [InlineData(NetworkFamily.Dcgan, 32, 3, 1, 8_192)]
    [InlineData(NetworkFamily.Dcgan, 64, 3, 1, 16_384)]
    [InlineData(NetworkFamily.Dcgan, 64, 4, 1, 16_384)]
    [InlineData(NetworkFamily.Dcgan, 28, 1, 0.25, 1_568)]
    [InlineData(NetworkFamily.Dcgan, 64, 4, 0.3, 4_864)] // 76 channels, as a multiple of four
    [InlineData(NetworkFamily.Compact, 28, 1, 1, 6_272)]
    [InlineData(NetworkFamily.Compact, 32, 3, 1, 4_096)]
    [InlineData(NetworkFamily.Compact, 64, 1, 1, 4_096)]
    [InlineData(NetworkFamily.Compact, 64, 3, 1, 4_096)]
    [InlineData(NetworkFamily.Compact, 128, 4, 1, 4_096)]
    [InlineData(NetworkFamily.Compact, 28, 1, 0.25, 1_568)]
    [InlineData(NetworkFamily.Compact, 128, 4, 0.25, 1_024)]
    public void Turn_noise_into_pictures_and_pictures_into_logits(NetworkFamily family, int side, int channels, double width, int features)
    {
        using var scope = NewDisposeScope();
        using var generator = family.CreateGenerator(Norm, new(side, channels), width: width);
        using var discriminator = family.CreateDiscriminator(Norm, new(side, channels), width: width);
        using var random = new torch.Generator(1);

        var pictures = generator.call(randn([3, Generator.LatentSize], generator: random), null);
        var logits = discriminator.call(pictures, null, null);

        Assert.Equal([3, channels, side, side], pictures.shape);
        Assert.Equal(features, discriminator.FeatureSize);
        Assert.InRange(pictures.abs().max().item<float>(), 0, 1);
        Assert.Equal([3, 1], logits.shape);
    }

    [Theory]
    [InlineData(NetworkFamily.Dcgan, 30, 1)]
    [InlineData(NetworkFamily.Dcgan, 28, 2)]
    [InlineData(NetworkFamily.Dcgan, 128, 3)]
    [InlineData(NetworkFamily.Compact, 256, 3)]
    public void Of_an_unsupported_shape_are_refused(NetworkFamily family, int side, int channels)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => family.CreateGenerator(Norm, new(side, channels)));
        Assert.Throws<ArgumentOutOfRangeException>(() => family.CreateDiscriminator(Norm, new(side, channels)));
    }

    [Theory]
    [InlineData(0.24)]
    [InlineData(1.1)]
    [InlineData(double.NaN)]
    public void Of_an_unsupported_width_are_refused(double width)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => NetworkFamily.Dcgan.CreateGenerator(Norm, PictureShape.Mnist, width: width));
        Assert.Throws<ArgumentOutOfRangeException>(() => NetworkFamily.Compact.CreateDiscriminator(Norm, PictureShape.Mnist, width: width));
    }

    [Fact]
    public void Of_the_compact_family_start_without_a_checkerboard_pattern()
    {
        using var scope = NewDisposeScope();
        using var generator = NetworkFamily.Compact.CreateGenerator(Norm, new(64, 3));
        using var random = new torch.Generator(1);
        WeightInitialisation.Initialise(generator, WeightScheme.Normal, random);

        var pictures = generator.call(randn([16, Generator.LatentSize], generator: random), null);

        // In a checkerboard pattern a pixel differs more from the next one than from the one after that.
        Tensor Difference(int distance) => (pictures.narrow(3, 0, 64 - distance) - pictures.narrow(3, distance, 64 - distance)).abs().mean();
        Assert.True(Difference(1).item<float>() < Difference(2).item<float>());
    }

    [Fact]
    public void Have_a_row_of_weights_for_each_class_if_they_are_conditional()
    {
        using var scope = NewDisposeScope();
        byte[] labels = [3, 7, 9];
        using var generator = NetworkFamily.Dcgan.CreateGenerator(Norm, PictureShape.Mnist, new ClassLabels(labels));
        using var discriminator = NetworkFamily.Dcgan.CreateDiscriminator(Norm, PictureShape.Mnist, new(labels.Length));
        using var random = new torch.Generator(1);
        WeightInitialisation.Initialise(generator, WeightScheme.Normal, random);
        WeightInitialisation.Initialise(discriminator, WeightScheme.Normal, random);
        generator.eval();
        discriminator.eval();
        var noise = randn([1, Generator.LatentSize], generator: random).expand(3, Generator.LatentSize);
        var classes = tensor(new long[] { 0, 1, 1 });

        var pictures = generator.call(noise, classes);
        var logits = discriminator.call(pictures[1].expand(3, 1, 28, 28), null, classes);

        Assert.Equal((2_305_472 + 3 * 12_544, 213_249 + 3 * 6_272), (Trainable(generator), Trainable(discriminator)));
        Assert.NotEqual(pictures[0].data<float>().ToArray(), pictures[1].data<float>().ToArray());
        Assert.Equal(pictures[1].data<float>().ToArray(), pictures[2].data<float>().ToArray());
        Assert.NotEqual(logits[0].item<float>(), logits[1].item<float>());
    }

    [Theory]
    [InlineData(WeightScheme.Normal, 0.02)]
    [InlineData(WeightScheme.Glorot, 0.01443)] // sqrt(2 / (25 * (256 + 128)))
    public void Start_with_weights_of_the_requested_scheme(WeightScheme scheme, double deviation)
    {
        using var scope = NewDisposeScope();
        using var generator = NetworkFamily.Dcgan.CreateGenerator(Norm, PictureShape.Mnist);
        using var random = new torch.Generator(1);

        WeightInitialisation.Initialise(generator, scheme, random);

        var weight = generator.state_dict()["up1.weight"]; // a transposed convolution, whose initialisation is easily forgotten
        Assert.Equal(deviation, weight.std().item<float>(), tolerance: deviation * 0.02);
        Assert.Equal(0, weight.mean().item<float>(), tolerance: 0.001);
    }

    [Theory]
    [InlineData(28, 1)]
    [InlineData(32, 3)]
    [InlineData(64, 3)]
    [InlineData(128, 4)]
    public void Without_batch_normalisation_start_with_weights_through_which_no_signal_vanishes(int side, int channels)
    {
        using var scope = NewDisposeScope();
        using var discriminator = NetworkFamily.Compact.CreateDiscriminator(Norm, new(side, channels), new(HiddenUnits: 256));
        using var random = new torch.Generator(1);

        WeightInitialisation.Initialise(discriminator, WeightScheme.He, random);

        var logits = discriminator.call(randn([64, channels, side, side], generator: random), null, null);
        // The variance of a pixel is 1. With weights of standard deviation 0.02, that of a logit would be 5e-5 to 2e-7.
        Assert.InRange(logits.Squared().mean().item<float>(), 0.2, 5);
    }

    [Fact]
    public void With_batch_normalisation_start_alike_with_two_schemes()
    {
        using var scope = NewDisposeScope();
        using var generator = NetworkFamily.Compact.CreateGenerator(Norm, new(64, 3));

        var states = new[] { WeightScheme.Normal, WeightScheme.He }.Select(scheme =>
        {
            using var random = new torch.Generator(1);
            WeightInitialisation.Initialise(generator, scheme, random);
            return generator.state_dict().Values.SelectMany(value => value.to(ScalarType.Float32).flatten().data<float>()).ToArray();
        }).ToArray();

        Assert.Equal(states[0], states[1]);
    }

    [Theory]
    [InlineData(0, 1, 3 * 4_096 + 4_097)]
    [InlineData(256, 1, 256 * 4_097 + 3 * 256 + 257)]
    [InlineData(256, 0.25, 64 * 1_025 + 3 * 64 + 65)]
    public void Have_hidden_units_between_the_features_and_the_logit(int units, double width, long parameters)
    {
        using var scope = NewDisposeScope();
        using var discriminator = NetworkFamily.Compact.CreateDiscriminator(Norm, new(64, 3), new(ClassCount: 3, units), width);

        var head = discriminator.named_parameters().Where(parameter => !parameter.name.StartsWith("down", StringComparison.Ordinal));
        Assert.Equal(parameters, head.Sum(parameter => parameter.parameter.numel()));
    }

    [Fact]
    public void Drop_the_masked_features_and_scale_the_rest()
    {
        using var scope = NewDisposeScope();
        var mask = new StepRandom(new RunRandom(42, 0), 1, 0).DropoutMask(64, 6272, 0.2)!;

        Assert.Equal([64, 6272], mask.shape);
        Assert.Equal(0.8, mask.gt(0).to(ScalarType.Float32).mean().item<float>(), tolerance: 0.01);
        Assert.Equal(1.25, mask.max().item<float>(), tolerance: 1e-6);
    }

    private static long Trainable(nn.Module module) => module.parameters().Sum(parameter => parameter.numel());

    private static long WithBuffers(nn.Module module) => Trainable(module)
        + module.named_buffers().Where(buffer => !buffer.name.EndsWith("num_batches_tracked", StringComparison.Ordinal)).Sum(buffer => buffer.buffer.numel());
}
