using GanFunctions.Core.Pictures;
using GanFunctions.Core.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace GanFunctions.Benchmarks;

/// <summary>One of the training loops to compare. All use the same pictures, batch size and threads.</summary>
/// <param name="Name">Display name.</param>
/// <param name="Step">
/// Trains on a batch of real pictures, <c>[batch, 1, 28, 28]</c> in [-1, 1], and calls back with the name of each phase at its end.
/// </param>
internal sealed record Contender(string Name, Action<Tensor, Action<string>> Step)
{
    public static Contender Published()
    {
        var loop = new PublishedLoop();
        return new("published loop", (real, _) => loop.Step(real));
    }

    /// <summary>The <c>dcgan</c> preset by phases: the calls that <see cref="DcganStep.Run"/> makes.</summary>
    public static Contender Dcgan(Precision precision)
    {
        var options = Presets.Of(Preset.Dcgan);
        var random = new RunRandom(options.Seed, 0);
        var networks = new GanNetworks(options, precision, random, PictureShape.Mnist, ClassLabels.None);
        networks.Generator.train();
        networks.Discriminator.train();
        var step = 0;
        return new($"dcgan {precision.ToString().ToLowerInvariant()}", (real, phase) =>
        {
            using var scope = NewDisposeScope();
            var draw = new StepRandom(random, 1, step++);
            var noise = draw.Noise(real.shape[0]);
            var masks = draw.DropoutMask(3 * real.shape[0], networks.Discriminator.FeatureSize, options.Dropout)?.chunk(3);
            phase("random numbers");
            var fake = networks.Generator.call(noise, null);
            phase("generator forward");
            DcganStep.TrainDiscriminator(networks, options, draw, new(real, null), fake, masks).Loss.ToDouble();
            phase("discriminator training");
            DcganStep.TrainGenerator(networks, fake, null, masks?[2]).ToDouble();
            phase("generator training");
            networks.UpdateAverage(options.EmaDecay);
            phase("moving average");
        });
    }
}
