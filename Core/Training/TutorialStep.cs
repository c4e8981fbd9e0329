using GanFunctions.Core.Memory;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn.functional;

namespace GanFunctions.Core.Training;

/// <summary>
/// A step of the <c>tutorial</c> preset, as published: pictures are generated in evaluation mode; generated and real pictures pass through the
/// discriminator in one batch with noisy targets; then the generator trains on new noise through a frozen discriminator in evaluation mode.
/// </summary>
public static class TutorialStep
{
    /// <inheritdoc cref="GanStep.Run"/>
    public static StepLosses Run(GanNetworks networks, TrainingOptions options, StepRandom draw, RealBatch real)
    {
        using var scope = NewDisposeScope();
        var batch = real.Size;
        var (generator, discriminator) = (networks.Generator, networks.Discriminator);

        // Discriminator: one batch of twice the size, generated pictures first
        generator.eval();
        Tensor fake;
        using (no_grad()) fake = generator.call(draw.Noise(batch), real.Classes); // [batch, 1, 28, 28]
        var pictures = cat([fake, real.Pictures]);                  // [2 * batch, 1, 28, 28]
        var classes = real.Classes is { } labelled ? cat([labelled, labelled]) : null; // [2 * batch]
        using var target = (1 - options.LabelSmoothing).ToScalar();
        var targets = cat([zeros(batch, 1), full(batch, 1, target)]).Plus(draw.LabelNoise(2 * batch, options.LabelNoise));
        discriminator.train();
        GanNetworks.SetGradients(discriminator, needed: true);
        networks.Discriminator.zero_grad();
        var mask = draw.DropoutMask(2 * batch, discriminator.FeatureSize, options.Dropout);
        var logits = discriminator.call(pictures, mask, classes);   // [2 * batch, 1]
        var discriminatorLoss = binary_cross_entropy_with_logits(logits, targets);
        discriminatorLoss.backward();
        networks.DiscriminatorOptimiser.Step();

        // Generator: the discriminator is frozen and in evaluation mode, without dropout
        discriminator.eval();
        GanNetworks.SetGradients(discriminator, needed: false);
        generator.train();
        networks.Generator.zero_grad();
        var fakeLogits = discriminator.call(generator.call(draw.GeneratorNoise(batch), real.Classes), null, real.Classes);
        var generatorLoss = binary_cross_entropy_with_logits(fakeLogits, ones_like(fakeLogits));
        generatorLoss.backward();
        networks.GeneratorOptimiser.Step();
        networks.UpdateAverage(options.EmaDecay);

        var scores = logits.sigmoid().chunk(2);
        return new StepLosses(
            discriminatorLoss.Number(), generatorLoss.Number(), scores[1].mean().Number(), scores[0].mean().Number());
    }
}
