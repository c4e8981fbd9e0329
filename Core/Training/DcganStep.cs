using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn.functional;

namespace GanFunctions.Core.Training;

/// <summary>
/// One step of the <c>dcgan</c> preset: real and generated pictures pass the discriminator in batches of their own, real labels are
/// smoothed, and the generator learns from the very pictures that the discriminator has just been shown.
/// </summary>
public static class DcganStep
{
    /// <summary>Trains both networks on one batch and moves the average.</summary>
    /// <param name="networks">What is trained.</param>
    /// <param name="options">The run's options.</param>
    /// <param name="draw">Random numbers of this step.</param>
    /// <param name="real">Real pictures, <c>[batch, 1, 28, 28]</c> in [-1, 1].</param>
    public static StepLosses Run(GanNetworks networks, TrainingOptions options, StepRandom draw, Tensor real)
    {
        using var scope = NewDisposeScope();
        var batch = real.shape[0];
        var (generator, discriminator) = (networks.Generator, networks.Discriminator);
        generator.train();
        discriminator.train();
        var mask = draw.DropoutMask(3 * batch, options.Dropout); // [3 * batch, 6272]: real, fake, fake again
        var masks = mask?.chunk(3);
        var fake = generator.call(draw.Noise(batch)); // [batch, 1, 28, 28]

        // Discriminator
        GanNetworks.SetGradients(discriminator, needed: true);
        networks.DiscriminatorOptimiser.zero_grad();
        var realLogits = discriminator.call(real, masks?[0]); // [batch, 1]
        var fakeLogits = discriminator.call(fake.detach(), masks?[1]);
        var realTargets = full_like(realLogits, 1 - options.LabelSmoothing);
        var fakeTargets = zeros_like(fakeLogits);
        if (options.LabelNoise > 0)
        {
            var noise = draw.LabelNoise(2 * batch, options.LabelNoise).chunk(2);
            realTargets += noise[0];
            fakeTargets += noise[1];
        }
        var discriminatorLoss = binary_cross_entropy_with_logits(realLogits, realTargets)
            + binary_cross_entropy_with_logits(fakeLogits, fakeTargets);
        discriminatorLoss.backward();
        networks.DiscriminatorOptimiser.step();

        // Generator: through the discriminator just updated, whose own weights need no gradients now
        GanNetworks.SetGradients(discriminator, needed: false);
        networks.GeneratorOptimiser.zero_grad();
        var verdict = discriminator.call(fake, masks?[2]);
        var generatorLoss = binary_cross_entropy_with_logits(verdict, ones_like(verdict));
        generatorLoss.backward();
        networks.GeneratorOptimiser.step();
        networks.UpdateAverage(options.EmaDecay);

        return new StepLosses(
            discriminatorLoss.ToDouble(), generatorLoss.ToDouble(),
            realLogits.sigmoid().mean().ToDouble(), fakeLogits.sigmoid().mean().ToDouble());
    }
}
