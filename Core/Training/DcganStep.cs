using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn.functional;

namespace GanFunctions.Core.Training;

/// <summary>
/// A step of the <c>dcgan</c> preset: real and generated pictures pass through the discriminator in separate batches, the gradient penalty is
/// applied to the real ones, and the generator trains on the same pictures that the discriminator has just seen.
/// </summary>
public static class DcganStep
{
    /// <summary>Trains both networks on one batch and updates the moving average.</summary>
    /// <param name="networks">The networks to train.</param>
    /// <param name="options">The run's options.</param>
    /// <param name="draw">Random numbers of this step.</param>
    /// <param name="real">Real pictures. If they have classes, the generator generates pictures of the same classes.</param>
    public static StepLosses Run(GanNetworks networks, TrainingOptions options, StepRandom draw, RealBatch real)
    {
        using var scope = NewDisposeScope();
        networks.Generator.train();
        networks.Discriminator.train();
        // [batch, 6272] each: real, fake for the discriminator, fake for the generator
        var masks = draw.DropoutMask(3 * real.Size, networks.Discriminator.FeatureSize, options.Dropout)?.chunk(3);
        var fake = networks.Generator.call(draw.Noise(real.Size), real.Classes);    // [batch, 1, 28, 28]
        var (discriminatorLoss, realLogits, fakeLogits) = TrainDiscriminator(networks, options, draw, real, fake, masks);
        var generatorLoss = TrainGenerator(networks, fake, real.Classes, masks?[2]);
        networks.UpdateAverage(options.EmaDecay);
        return new StepLosses(
            discriminatorLoss.ToDouble(), generatorLoss.ToDouble(),
            realLogits.sigmoid().mean().ToDouble(), fakeLogits.sigmoid().mean().ToDouble());
    }

    /// <summary>Trains the discriminator on real and generated pictures.</summary>
    /// <returns>Its loss without the gradient penalty, and the logits of both kinds of pictures, <c>[batch, 1]</c> each.</returns>
    public static (Tensor Loss, Tensor RealLogits, Tensor FakeLogits) TrainDiscriminator(
        GanNetworks networks, TrainingOptions options, StepRandom draw, RealBatch real, Tensor fake, Tensor[]? masks)
    {
        var discriminator = networks.Discriminator;
        GanNetworks.SetGradients(discriminator, needed: true);
        networks.DiscriminatorOptimiser.zero_grad();
        var hasPenalty = options.GradientPenalty > 0 && draw.Step % options.GradientPenaltyEvery == 0;
        var pictures = hasPenalty ? real.Pictures.detach().requires_grad_() : real.Pictures;
        var realLogits = discriminator.call(pictures, masks?[0], real.Classes);
        var fakeLogits = discriminator.call(fake.detach(), masks?[1], real.Classes);
        var realTargets = full_like(realLogits, 1 - options.LabelSmoothing);
        var fakeTargets = zeros_like(fakeLogits);
        if (options.LabelNoise > 0)
        {
            var noise = draw.LabelNoise(2 * real.Size, options.LabelNoise).chunk(2);
            realTargets += noise[0];
            fakeTargets += noise[1];
        }
        var loss = binary_cross_entropy_with_logits(realLogits, realTargets) + binary_cross_entropy_with_logits(fakeLogits, fakeTargets);
        var total = hasPenalty
            ? loss + SquaredGradient(realLogits, pictures) * (options.GradientPenalty / 2 * options.GradientPenaltyEvery)
            : loss;
        total.backward();
        networks.DiscriminatorOptimiser.step();
        return (loss, realLogits, fakeLogits);
    }

    /// <summary>Trains the generator through the updated discriminator, whose weights need no gradients for this.</summary>
    /// <returns>The generator's loss.</returns>
    public static Tensor TrainGenerator(GanNetworks networks, Tensor fake, Tensor? classes, Tensor? mask)
    {
        GanNetworks.SetGradients(networks.Discriminator, needed: false);
        networks.GeneratorOptimiser.zero_grad();
        var logits = networks.Discriminator.call(fake, mask, classes);
        var loss = binary_cross_entropy_with_logits(logits, ones_like(logits));
        loss.backward();
        networks.GeneratorOptimiser.step();
        return loss;
    }

    /// <summary>The squared gradient norm of the logits with respect to the pictures, averaged over the batch.</summary>
    private static Tensor SquaredGradient(Tensor logits, Tensor pictures)
    {
        var gradient = autograd.grad([logits.sum()], [pictures], retain_graph: true, create_graph: true)[0]; // [batch, 1, 28, 28]
        return gradient.square().sum() / pictures.shape[0];
    }
}
