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

    /// <summary>The <c>dcgan</c> preset by phases: the calls that <see cref="GanStep.Run"/> makes.</summary>
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
            using var augmentation = new Augmentation(options, draw);
            var parts = GanStep.Split(networks, options, draw, augmentation.Mirror(new(real, null)));
            phase("random numbers");
            parts[0].Fake = networks.Generator.call(parts[0].Noise, null);
            phase("generator forward");
            GanStep.TrainDiscriminator(networks, options, draw, parts, augmentation);
            phase("discriminator training");
            GanStep.TrainGenerator(networks, options, parts, augmentation);
            phase("generator training");
            networks.UpdateAverage(options.EmaDecay);
            phase("moving average");
        });
    }
}
