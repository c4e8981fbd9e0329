using GanFunctions.Core.Memory;
using GanFunctions.Core.Model;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn.functional;

namespace GanFunctions.Core.Training;

/// <summary>
/// A step of the presets <c>dcgan</c> and <c>compact</c>: real and generated pictures pass through the discriminator in separate batches,
/// and the generator trains on the same pictures that the discriminator has just seen.
/// </summary>
/// <remarks>
/// A batch that is too large for the memory passes through the networks in micro-batches, whose gradients add up to those of the batch. Batch
/// normalisation then uses the statistics of a micro-batch, and the generator runs twice, because the layers of all micro-batches would
/// have to be kept otherwise.
/// </remarks>
public static class GanStep
{
    /// <summary>Trains both networks on one batch and updates the moving average.</summary>
    /// <param name="networks">The networks to train.</param>
    /// <param name="options">The run's options.</param>
    /// <param name="draw">Random numbers of this step.</param>
    /// <param name="real">Real pictures. If they have classes, the generator uses the same classes.</param>
    public static StepLosses Run(GanNetworks networks, TrainingOptions options, StepRandom draw, RealBatch real)
    {
        using var scope = NewDisposeScope();
        using var augmentation = new Augmentation(options, draw);
        networks.Generator.train();
        networks.Discriminator.train();
        var parts = Split(networks, options, draw, augmentation.Mirror(real));
        if (parts is [var whole]) whole.Fake = networks.Generator.call(whole.Noise, whole.Real.Classes);
        var discriminatorLoss = TrainDiscriminator(networks, options, draw, parts, augmentation);
        var generatorLoss = TrainGenerator(networks, options, parts, augmentation);
        networks.UpdateAverage(options.EmaDecay);
        return new StepLosses(discriminatorLoss, generatorLoss, parts.Sum(part => part.RealScore), parts.Sum(part => part.FakeScore));
    }

    /// <summary>
    /// Splits a batch into micro-batches of equal size, or sizes that differ by one, with the noise and the dropout masks of each. None has fewer
    /// pictures than batch normalisation needs.
    /// </summary>
    internal static IReadOnlyList<MicroBatch> Split(GanNetworks networks, TrainingOptions options, StepRandom draw, RealBatch real)
    {
        var noise = draw.Noise(real.Size);
        // [batch, features] each: real, fake for the discriminator, fake for the generator
        var masks = draw.DropoutMask(3 * real.Size, networks.Discriminator.FeatureSize, options.Dropout)?.chunk(3);
        var size = options.MicroBatchSize ?? real.Size;
        var number = Math.Clamp((real.Size + size - 1) / size, 1, Math.Max(1, real.Size / TrainingOptions.MinBatchSize));
        var parts = new List<MicroBatch>();
        for (var index = 0L; index < number; index++)
        {
            var start = real.Size * index / number;
            var count = real.Size * (index + 1) / number - start;
            var part = new RealBatch(real.Pictures.narrow(0, start, count), real.Classes?.narrow(0, start, count));
            parts.Add(new(part, noise.narrow(0, start, count), masks?.Select(mask => mask.narrow(0, start, count)).ToArray(), (double)count / real.Size));
        }
        return parts;
    }

    /// <summary>Trains the discriminator on real and generated pictures.</summary>
    /// <returns>Its loss without the gradient penalties.</returns>
    internal static double TrainDiscriminator(
        GanNetworks networks, TrainingOptions options, StepRandom draw, IReadOnlyList<MicroBatch> parts, Augmentation augmentation)
    {
        GanNetworks.SetGradients(networks.Discriminator, needed: true);
        networks.Discriminator.zero_grad();
        var hasPenalty = draw.Step % options.GradientPenaltyEvery == 0;
        var sum = 0.0;
        foreach (var part in parts)
        {
            using var scope = NewDisposeScope();
            var real = augmentation.Apply(part.Real.Pictures);
            var fake = augmentation.Apply(FakeWithoutGradients(networks, part));
            if (hasPenalty && options.GradientPenalty > 0) real = real.detach().requires_grad_();
            if (hasPenalty && options.GeneratedGradientPenalty > 0) fake = fake.detach().requires_grad_();
            var realLogits = networks.Discriminator.call(real, part.Masks?[0], part.Real.Classes); // [batch, 1]
            var fakeLogits = networks.Discriminator.call(fake, part.Masks?[1], part.Real.Classes);
            var loss = DiscriminatorLoss(options, draw, realLogits, fakeLogits);
            var total = loss;
            if (real.requires_grad) total = total.Plus(SquaredGradient(realLogits, real).Times(PenaltyWeight(options.GradientPenalty)));
            if (fake.requires_grad) total = total.Plus(SquaredGradient(fakeLogits, fake).Times(PenaltyWeight(options.GeneratedGradientPenalty)));
            total.Times(part.Share).backward();
            sum += loss.Number() * part.Share;
            part.SetLogits(realLogits, fakeLogits, options.Loss);
        }
        networks.DiscriminatorOptimiser.Step();
        return sum;

        double PenaltyWeight(double gamma) => gamma / 2 * options.GradientPenaltyEvery;
    }

    /// <summary>Trains the generator through the updated discriminator, whose weights need no gradients for this.</summary>
    /// <returns>The generator's loss.</returns>
    internal static double TrainGenerator(
        GanNetworks networks, TrainingOptions options, IReadOnlyList<MicroBatch> parts, Augmentation augmentation)
    {
        GanNetworks.SetGradients(networks.Discriminator, needed: false);
        networks.Generator.zero_grad();
        var sum = 0.0;
        foreach (var part in parts)
        {
            using var scope = NewDisposeScope();
            var fake = part.Fake ?? networks.Generator.call(part.Noise, part.Real.Classes);
            var logits = networks.Discriminator.call(augmentation.Apply(fake), part.Masks?[2], part.Real.Classes);
            var loss = options.Loss == GanLoss.Relativistic
                ? (part.RealLogits! - logits).Softplus().mean()
                : binary_cross_entropy_with_logits(logits, ones_like(logits));
            loss.Times(part.Share).backward();
            sum += loss.Number() * part.Share;
        }
        networks.GeneratorOptimiser.Step();
        if (options.EvenKernels) EvenKernels.Apply(networks.Generator);
        return sum;
    }

    private static Tensor FakeWithoutGradients(GanNetworks networks, MicroBatch part)
    {
        if (part.Fake is { } fake) return fake.detach();
        using var noGradient = no_grad();
        return networks.Generator.call(part.Noise, part.Real.Classes);
    }

    private static Tensor DiscriminatorLoss(TrainingOptions options, StepRandom draw, Tensor realLogits, Tensor fakeLogits)
    {
        if (options.Loss == GanLoss.Relativistic) return (fakeLogits - realLogits).Softplus().mean();
        using var target = (1 - options.LabelSmoothing).ToScalar();
        var realTargets = full_like(realLogits, target);
        var fakeTargets = zeros_like(fakeLogits);
        if (options.LabelNoise > 0)
        {
            var noise = draw.LabelNoise(2 * realLogits.shape[0], options.LabelNoise).chunk(2);
            realTargets = realTargets.Plus(noise[0]);
            fakeTargets = fakeTargets.Plus(noise[1]);
        }
        return binary_cross_entropy_with_logits(realLogits, realTargets).Plus(binary_cross_entropy_with_logits(fakeLogits, fakeTargets));
    }

    /// <summary>The squared gradient norm of the logits with respect to the pictures, averaged over the batch.</summary>
    private static Tensor SquaredGradient(Tensor logits, Tensor pictures)
    {
        var gradient = autograd.grad([logits.sum()], [pictures], retain_graph: true, create_graph: true)[0]; // [batch, channels, side, side]
        return gradient.Squared().sum().Over(pictures.shape[0]);
    }
}

/// <summary>The part of a batch that passes through the networks at once: the whole batch if memory allows.</summary>
/// <param name="Real">Real pictures.</param>
/// <param name="Noise">Noise for the generator, <c>[size, 100]</c>.</param>
/// <param name="Masks">Dropout masks: for real pictures, for generated ones, and for the step of the generator; null without dropout.</param>
/// <param name="Share">Its share of the batch, greater than 0 and at most 1.</param>
internal sealed record MicroBatch(RealBatch Real, Tensor Noise, Tensor[]? Masks, double Share)
{
    /// <summary>The generated pictures with their gradient graph; null if the generator runs once for each network.</summary>
    public Tensor? Fake { get; set; }

    /// <summary>The discriminator's logits of the real pictures, <c>[size, 1]</c>, without gradients; null before its step.</summary>
    public Tensor? RealLogits { get; private set; }

    /// <summary>Mean probability that real pictures are real, multiplied by <see cref="Share"/>.</summary>
    public double RealScore { get; private set; }

    /// <summary>Mean probability that generated pictures are real, multiplied by <see cref="Share"/>.</summary>
    public double FakeScore { get; private set; }

    /// <summary>Remembers the logits of a discriminator step. A relativistic score compares each picture with one of the other kind.</summary>
    public void SetLogits(Tensor real, Tensor fake, GanLoss loss)
    {
        RealLogits = real.detach().MoveToOuterDisposeScope();
        var (realScores, fakeScores) = loss == GanLoss.Relativistic ? (real - fake, fake - real) : (real, fake);
        RealScore = realScores.sigmoid().mean().Number() * Share;
        FakeScore = fakeScores.sigmoid().mean().Number() * Share;
    }
}
