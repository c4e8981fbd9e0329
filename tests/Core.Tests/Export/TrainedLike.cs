using GanFunctions.Core.Checkpoints;
using GanFunctions.Core.Memory;
using GanFunctions.Core.Pictures;
using GanFunctions.Core.Training;
using TorchSharp;
using static TorchSharp.torch;
using Generator = GanFunctions.Core.Model.Generator;

namespace GanFunctions.Core.Tests.Export;

/// <summary>Generators with normalisations as uneven as after training, so that an error in any parameter shows in the pictures.</summary>
internal static class TrainedLike
{
    /// <summary>The <c>generator</c> file of a checkpoint; its averaged and its raw weights differ.</summary>
    public static byte[] File(PictureShape shape, params byte[] labels) => File(shape, new ClassLabels(labels));

    /// <inheritdoc cref="File(PictureShape, byte[])"/>
    public static byte[] File(Preset preset, double width, PictureShape shape, params byte[] labels) =>
        File(shape, new ClassLabels(labels), preset, width);

    /// <inheritdoc cref="File(PictureShape, byte[])"/>
    public static byte[] File(PictureShape shape, ClassLabels labels, Preset preset = Preset.Dcgan, double width = 1)
    {
        var options = new TrainingOptions { Preset = preset, WidthMultiplier = width, BatchNormEpsilon = 1e-3 };
        using var networks = new GanNetworks(options, Precision.Fp32, new RunRandom(42, 0), shape, labels);
        using var random = new torch.Generator(7);
        Scatter(networks.Average, random);
        Scatter(networks.Generator, random);
        return NetworkState.Save(networks, options.Norm, 1).Generator;
    }

    /// <summary>Noise for a number of pictures, <c>[count, 100]</c>.</summary>
    public static Tensor Noise(int count)
    {
        using var random = new torch.Generator(3);
        return randn([count, Generator.LatentSize], generator: random);
    }

    /// <summary>Pictures as <see cref="Generator"/> itself generates them.</summary>
    public static float[] Draw(Generator generator, Tensor noise, byte[] labels)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var places = generator.Labels.Index().ToDictionary(label => label.Item, label => (long)label.Index);
        return generator.call(noise, generator.IsConditional ? tensor(labels.Select(label => places[label]).ToArray()) : null).data<float>().ToArray();
    }

    private static void Scatter(nn.Module network, torch.Generator random)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        foreach (var (name, value) in network.state_dict())
        {
            if (name.EndsWith("running_var", StringComparison.Ordinal)) value.copy_(rand(value.shape, generator: random).Times(2).Plus(0.01));
            else if (name.EndsWith("running_mean", StringComparison.Ordinal)) value.copy_(randn(value.shape, generator: random).Times(0.3));
            else if (name.StartsWith("norm", StringComparison.Ordinal) && value.is_floating_point()) value.copy_(value.Plus(randn(value.shape, generator: random).Times(0.3)));
            else if (name == "output.weight") value.copy_(value.Times(12));
            else if (name.StartsWith("classes", StringComparison.Ordinal)) value.copy_(randn(value.shape, generator: random).Times(0.5));
        }
    }
}
