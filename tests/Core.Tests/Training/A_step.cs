using GanFunctions.Core.Memory;
using GanFunctions.Core.Pictures;
using GanFunctions.Core.Training;
using TorchSharp;
using static GanFunctions.Core.Tests.Training.TextbookStep;
using static TorchSharp.torch;

namespace GanFunctions.Core.Tests.Training;

public sealed class A_step
{
    private static readonly TrainingOptions Compact = Presets.Of(Preset.Compact);

    [Fact]
    public void In_micro_batches_gives_the_discriminator_the_gradients_of_the_whole_batch()
    {
        using var scope = NewDisposeScope();
        var whole = DiscriminatorGradients(Compact, out var loss);
        var parts = DiscriminatorGradients(Compact with { MicroBatchSize = 3 }, out var lossOfParts);

        Assert.Equal(loss, lossOfParts, tolerance: 1e-5);
        Assert.True(Difference(whole, parts).norm().item<float>() < 1e-4 * whole.norm().item<float>());
    }

    [Theory]
    [InlineData(3, 2, new long[] { 3 })]
    [InlineData(65, 64, new long[] { 32, 33 })]
    [InlineData(10, 4, new long[] { 3, 3, 4 })]
    [InlineData(10, 10, new long[] { 10 })]
    [InlineData(10, null, new long[] { 10 })]
    public void Splits_a_batch_evenly_so_that_no_micro_batch_has_a_single_picture(int batch, int? size, long[] sizes)
    {
        using var scope = NewDisposeScope();
        var options = Compact with { MicroBatchSize = size };
        var random = new RunRandom(1, 0);
        using var networks = new GanNetworks(options, Precision.Fp32, random, new(28, 1), ClassLabels.None);

        var parts = GanStep.Split(networks, options, new StepRandom(random, 1, 0), Real(batch));

        Assert.Equal(sizes, parts.Select(part => part.Real.Size));
        Assert.Equal(sizes, parts.Select(part => part.Noise.shape[0]));
        Assert.Equal(1, parts.Sum(part => part.Share), 1e-12);
    }

    [Theory]
    [InlineData(Preset.Dcgan)]
    [InlineData(Preset.Compact)]
    public void In_micro_batches_trains_both_networks(Preset preset)
    {
        using var scope = NewDisposeScope();
        var options = Presets.Of(preset) with { MicroBatchSize = 4 };
        var random = new RunRandom(1, 0);
        using var networks = new GanNetworks(options, Precision.Fp32, random, new(28, 1), ClassLabels.None);
        var weights = networks.Generator.parameters().Concat(networks.Discriminator.parameters()).Where(weight => weight.dim() > 1).ToList();
        var before = weights.Select(weight => weight.clone()).ToList();

        var losses = GanStep.Run(networks, options, new StepRandom(random, 1, 0), Real(10));

        Assert.True(losses.AreFinite);
        Assert.Equal(1, networks.AverageSteps);
        foreach (var (old, weight) in before.Zip(weights))
            Assert.False(old.eq(weight).all().item<bool>(), "a weight was not trained");
    }

    [Theory]
    [InlineData(true, false, false)]
    [InlineData(false, true, false)]
    [InlineData(false, false, true)]
    public void Augments_every_picture_differently_and_passes_the_gradients_on(bool color, bool translation, bool cutout)
    {
        using var scope = NewDisposeScope();
        var options = Compact with { AugmentColor = color, AugmentTranslation = translation, AugmentCutout = cutout };
        using var augmentation = new Augmentation(options, new StepRandom(new RunRandom(1, 0), 1, 0));
        using var random = new torch.Generator(2);
        var picture = rand([1, 3, 32, 32], generator: random).Minus(0.5).requires_grad_();

        var seen = augmentation.Apply(picture.expand(8, 3, 32, 32));
        seen.sum().backward();

        Assert.Equal([8, 3, 32, 32], seen.shape);
        for (var index = 1; index < 8; index++) Assert.False(seen[0].eq(seen[index]).all().item<bool>());
        Assert.True(picture.grad!.abs().sum().item<float>() > 0);
    }

    [Fact]
    public void Cuts_out_a_quarter_of_a_picture_at_most_and_moves_it_by_an_eighth_at_most()
    {
        using var scope = NewDisposeScope();
        var draw = new StepRandom(new RunRandom(1, 0), 1, 0);
        using var cutout = new Augmentation(Compact with { AugmentCutout = true }, draw);
        using var translation = new Augmentation(Compact with { AugmentTranslation = true }, draw);
        var white = ones(200, 1, 32, 32);

        var left = cutout.Apply(white).sum([1L, 2L, 3L]).Over(32 * 32);
        var moved = translation.Apply(white);

        Assert.Equal(0.75, left.min().item<float>());
        Assert.InRange(left.max().item<float>(), 0.8, 1);
        Assert.Equal(1, moved.narrow(2, 4, 24).narrow(3, 4, 24).min().item<float>());
        Assert.Equal(0, moved[TensorIndex.Colon, 0, 0, 0].min().item<float>());
    }

    [Fact]
    public void Cuts_out_and_moves_towards_every_side_alike()
    {
        using var scope = NewDisposeScope();
        var draw = new StepRandom(new RunRandom(1, 0), 1, 0);
        using var cutout = new Augmentation(Compact with { AugmentCutout = true }, draw);
        using var translation = new Augmentation(Compact with { AugmentTranslation = true }, draw);
        var white = ones(8000, 1, 32, 32);

        var moved = translation.Apply(white);
        foreach (var dimension in (long[])[2, 3])
        {
            // The visible rows of each picture: 28 to 32 of them, from the first or to the last.
            var rows = moved.amax([1L, 5 - dimension]).flatten(1);
            Assert.Equal([28, 29, 30, 31, 32], rows.sum(1).data<float>().Distinct().Order().Select(each => (int)each));
            Assert.InRange(rows.narrow(1, 0, 1).mean().item<float>(), 0.5, 0.62); // five of nine
            Assert.InRange(rows.narrow(1, 31, 1).mean().item<float>(), 0.5, 0.62);
        }

        var kept = cutout.Apply(white);
        foreach (var dimension in (long[])[2, 3])
        {
            // The rows that are cut: 8 to 16 of them, in any place.
            var cut = kept.amin([1L, 5 - dimension]).flatten(1).neg().Plus(1);
            Assert.Equal(Enumerable.Range(8, 9), cut.sum(1).data<float>().Distinct().Order().Select(each => (int)each));
            foreach (var (row, share) in ((int, double)[])[(0, 9.0 / 33), (16, 16.0 / 33), (31, 9.0 / 33)])
                Assert.InRange(cut.narrow(1, row, 1).mean().item<float>(), share - 0.015, share + 0.015);
        }
    }

    [Fact]
    public void Changes_brightness_saturation_and_contrast_as_much_as_in_the_paper()
    {
        using var scope = NewDisposeScope();
        using var color = new Augmentation(Compact with { AugmentColor = true }, new StepRandom(new RunRandom(1, 0), 1, 0));
        using var random = new torch.Generator(2);
        var picture = rand([1, 3, 8, 8], generator: random).Minus(0.5);

        var seen = color.Apply(picture.expand(2000, 3, 8, 8));

        var brightness = Difference(Mean(seen), Mean(picture));
        var contrast = Factor(Difference(Grey(seen), Mean(seen)), Difference(Grey(picture), Mean(picture)));
        var saturation = Factor(Difference(seen, Grey(seen)), Difference(picture, Grey(picture))) / contrast;
        foreach (var (amount, min, max) in ((Tensor, double, double)[])[(brightness, -0.5, 0.5), (contrast, 0.5, 1.5), (saturation, 0, 2)])
        {
            Assert.InRange(amount.min().item<float>(), min - 1e-3, min + 0.05);
            Assert.InRange(amount.max().item<float>(), max - 0.05, max + 1e-3);
            Assert.InRange(amount.mean().item<float>(), (min + max) / 2 - 0.05, (min + max) / 2 + 0.05);
        }

        static Tensor Mean(Tensor pictures) => pictures.mean([1L, 2L, 3L], keepdim: true);

        static Tensor Grey(Tensor pictures) => pictures.mean([1L], keepdim: true);

        // By which one is multiplied to give the other, the same for all pixels.
        static Tensor Factor(Tensor of, Tensor by)
        {
            var factor = (of * by).sum([1L, 2L, 3L], keepdim: true) / (by * by).sum([1L, 2L, 3L], keepdim: true);
            Assert.InRange(Difference(of, factor * by).abs().max().item<float>(), 0, 1e-5);
            return factor;
        }
    }

    [Fact]
    public void Has_random_numbers_for_changes_only_if_there_are_any()
    {
        using var scope = NewDisposeScope();
        using var none = new Augmentation(Compact, new StepRandom(new RunRandom(1, 0), 1, 0));
        var pictures = ones(2, 1, 32, 32);

        Assert.Same(pictures, none.Apply(pictures));
    }

    [Fact]
    public void Mirrors_half_of_the_real_pictures()
    {
        using var scope = NewDisposeScope();
        using var augmentation = new Augmentation(Compact with { Flip = true }, new StepRandom(new RunRandom(1, 0), 1, 0));
        var ramp = arange(28, dtype: ScalarType.Float32).expand(400, 1, 28, 28);

        var seen = augmentation.Mirror(new(ramp, null)).Pictures;

        var mirrored = seen.eq(ramp.flip(3)).all(3).all(2).flatten();
        Assert.True(seen.eq(ramp).all(3).all(2).flatten().logical_xor(mirrored).all().item<bool>());
        Assert.InRange(mirrored.to(ScalarType.Float32).mean().item<float>(), 0.4, 0.6);
    }

    private static Tensor DiscriminatorGradients(TrainingOptions options, out double loss)
    {
        var random = new RunRandom(1, 0);
        using var networks = new GanNetworks(options, Precision.Fp32, random, new(28, 1), ClassLabels.None);
        var draw = new StepRandom(random, 1, 0);
        using var augmentation = new Augmentation(options, draw);
        var parts = GanStep.Split(networks, options, draw, Real(8));
        using var noise = new torch.Generator(4);
        var fake = rand([8, 1, 28, 28], generator: noise).Times(2).Minus(1);
        var start = 0L;
        foreach (var part in parts)
        {
            part.Fake = fake.narrow(0, start, part.Real.Size);
            start += part.Real.Size;
        }
        loss = GanStep.TrainDiscriminator(networks, options, draw, parts, augmentation);
        return cat(networks.Discriminator.parameters().Select(weight => weight.grad!.flatten()).ToList());
    }

    private static RealBatch Real(int count)
    {
        using var random = new torch.Generator(3);
        return new(rand([count, 1, 28, 28], generator: random).Times(2).Minus(1), null);
    }
}
