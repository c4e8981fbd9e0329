using System.Globalization;
using System.Text.Json;
using GanFunctions.Core.Model;
using GanFunctions.Core.Pictures;
using GanFunctions.Core.Training;
using static TorchSharp.torch;
using Generator = GanFunctions.Core.Model.Generator;

namespace GanFunctions.Core.Checkpoints;

/// <summary>
/// Converts networks to and from the two safetensors files of a checkpoint. <c>generator</c> suffices to sample: it has the moving average
/// of the generator under <c>ema.</c> and the raw weights under <c>raw.</c>, both with batch-norm statistics. <c>training</c> has everything
/// else that is needed to resume: the discriminator, both optimisers, and the counters.
/// </summary>
public static class NetworkState
{
    internal const string Averaged = "ema.";
    internal const string Raw = "raw.";
    internal const string OfDiscriminator = "discriminator.";
    private const string ArchitectureKey = "architecture";
    private const char WidthPrefix = 'w';
    private const string EpsilonKey = "batch_norm_epsilon";
    private const string LabelsKey = "labels";         // only for conditional generators
    private const string LabelNamesKey = "labelNames"; // a JSON array in the order of the labels; only if the names are known

    /// <summary>Serialises networks to both files.</summary>
    /// <param name="networks">The networks and their optimisers.</param>
    /// <param name="norm">Their batch-norm settings, which are needed to sample.</param>
    /// <param name="learningRateFactor">The factor by which rollbacks have reduced the learning rate so far.</param>
    public static (byte[] Generator, byte[] Training) Save(GanNetworks networks, BatchNormSettings norm, double learningRateFactor)
    {
        using var scope = NewDisposeScope();
        var generator = new Dictionary<string, Tensor>();
        AddState(generator, Averaged, networks.Average);
        AddState(generator, Raw, networks.Generator);
        var training = new Dictionary<string, Tensor>
        {
            ["ema.steps"] = tensor(networks.AverageSteps),
            ["learning_rate.factor"] = tensor(learningRateFactor, ScalarType.Float64),
        };
        AddState(training, OfDiscriminator, networks.Discriminator);
        AddAdam(training, "adam.generator.", networks.Generator, networks.GeneratorOptimiser);
        AddAdam(training, "adam.discriminator.", networks.Discriminator, networks.DiscriminatorOptimiser);
        var metadata = new Dictionary<string, string>
        {
            [ArchitectureKey] = ArchitectureOf(networks.Generator),
            [EpsilonKey] = norm.Epsilon.ToString("R", CultureInfo.InvariantCulture),
        };
        if (networks.Generator.IsConditional) metadata[LabelsKey] = string.Join(' ', networks.Generator.Labels);
        if (networks.Generator.Classes.Names is { } names) metadata[LabelNamesKey] = JsonSerializer.Serialize(names);
        return (SafeTensors.Write(generator, metadata), SafeTensors.Write(training, metadata));
    }

    /// <summary>Restores networks from both files. The names of the classes come from the files too: a run keeps the names it began with.</summary>
    /// <returns>The learning-rate factor.</returns>
    /// <exception cref="InvalidDataException">A tensor is missing or has another shape.</exception>
    public static double Load(GanNetworks networks, byte[] generatorFile, byte[] trainingFile)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var (generator, metadata) = SafeTensors.Read(generatorFile);
        var (training, _) = SafeTensors.Read(trainingFile);
        LoadState(generator, Averaged, networks.Average);
        LoadState(generator, Raw, networks.Generator);
        LoadState(training, OfDiscriminator, networks.Discriminator);
        LoadAdam(training, "adam.generator.", networks.Generator, networks.GeneratorOptimiser);
        LoadAdam(training, "adam.discriminator.", networks.Discriminator, networks.DiscriminatorOptimiser);
        var labels = networks.Generator.Labels;
        networks.Generator.Classes = networks.Average.Classes = new ClassLabels(labels, NamesOf(metadata, labels.Count));
        networks.AverageSteps = AverageStepsIn(training);
        return Find(training, "learning_rate.factor", []).item<double>();
    }

    /// <summary>Loads a generator to sample from, in evaluation mode. The caller disposes it.</summary>
    /// <param name="generatorFile">The <c>generator</c> file of a checkpoint.</param>
    /// <param name="averaged">Whether to load the moving average or the raw weights.</param>
    /// <exception cref="InvalidDataException">The file is not a generator that this version supports.</exception>
    public static Generator LoadGenerator(byte[] generatorFile, bool averaged)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var (tensors, metadata) = SafeTensors.Read(generatorFile);
        if (!metadata.TryGetValue(EpsilonKey, out var epsilon))
            throw new InvalidDataException($"The generator's metadata lacks {EpsilonKey}.");
        var architecture = ArchitectureOf(metadata);
        if (architecture.Split('-') is not [var familyName, var shapeText, .. var narrow]
            || NetworkFamilies.Parse(familyName) is not { } family
            || PictureShape.Parse(shapeText) is not { } shape || !family.Supports(shape)
            || WidthIn(narrow) is not { } width)
        {
            throw new InvalidDataException($"The generator has the architecture '{architecture}', which this version does not support.");
        }

        var norm = new BatchNormSettings(Momentum: 0.9, double.Parse(epsilon, CultureInfo.InvariantCulture));
        var generator = family.CreateGenerator(norm, shape, ClassesOf(metadata), width);
        LoadState(tensors, averaged ? Averaged : Raw, generator);
        GanNetworks.SetGradients(generator, needed: false);
        generator.eval();
        foreach (var value in generator.state_dict().Values) value.DetachFromDisposeScope();
        return generator;
    }

    /// <summary>
    /// Name of a generator's architecture, such as <c>dcgan-28x28x1</c> or <c>dcgan-28x28x1-w0.5</c>: the family, the shape of the pictures, and the
    /// width multiplier unless it is 1.
    /// </summary>
    public static string ArchitectureOf(Generator generator)
    {
        var width = generator.WidthMultiplier == NetworkFamilies.FullWidth
            ? ""
            : $"-{WidthPrefix}{generator.WidthMultiplier.ToString("R", CultureInfo.InvariantCulture)}";
        return $"{NetworkFamilies.NameOf(generator.Family)}-{generator.Shape}{width}";
    }

    /// <summary>The architecture in the metadata of a file; empty if there is none.</summary>
    internal static string ArchitectureOf(Dictionary<string, string> metadata) => metadata.GetValueOrDefault(ArchitectureKey, "");

    /// <summary>The classes in the metadata of a file; none if it is unconditional.</summary>
    internal static ClassLabels ClassesOf(Dictionary<string, string> metadata)
    {
        var labels = metadata.GetValueOrDefault(LabelsKey, "").Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Select(label => byte.Parse(label, CultureInfo.InvariantCulture)).ToArray();
        return new ClassLabels(labels, NamesOf(metadata, labels.Length));
    }

    /// <summary>Number of updates of the moving average in the tensors of a training file.</summary>
    internal static long AverageStepsIn(Dictionary<string, Tensor> training) => Find(training, "ema.steps", []).item<long>();

    private static List<string>? NamesOf(Dictionary<string, string> metadata, int labels)
    {
        if (!metadata.TryGetValue(LabelNamesKey, out var text)) return null;
        try
        {
            if (JsonSerializer.Deserialize<List<string>>(text) is { } names && names.Count == labels && !names.Contains(null!)) return names;
        }
        catch (JsonException)
        {
            // Handled like an array of the wrong length.
        }
        throw new InvalidDataException($"The {LabelNamesKey} in the generator's metadata is not a JSON array of {labels} names: {text}.");
    }

    // The multiplier in the last part of an architecture's name; null if it is none.
    private static double? WidthIn(string[] narrow) => narrow switch
    {
        [] => NetworkFamilies.FullWidth,
        [[WidthPrefix, .. var text]] when double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var width)
            && width is >= NetworkFamilies.MinWidth and < NetworkFamilies.FullWidth => width,
        _ => null,
    };

    // Batch norm uses its count of batches only without a momentum, and these layers have one.
    private static IEnumerable<(string Name, Tensor Value)> StateOf(nn.Module module) => module.state_dict()
        .Where(entry => !entry.Key.EndsWith("num_batches_tracked", StringComparison.Ordinal))
        .Select(entry => (entry.Key, entry.Value));

    private static void AddState(Dictionary<string, Tensor> target, string prefix, nn.Module module)
    {
        foreach (var (name, value) in StateOf(module)) target[prefix + name] = value.detach();
    }

    /// <summary>Loads a module's state, or the part of it that <paramref name="isTaken"/> selects by name.</summary>
    internal static void LoadState(Dictionary<string, Tensor> source, string prefix, nn.Module module, Predicate<string>? isTaken = null)
    {
        foreach (var (name, value) in StateOf(module).Where(entry => isTaken?.Invoke(entry.Name) ?? true))
            value.copy_(Find(source, prefix + name, value.shape));
    }

    private static void AddAdam(Dictionary<string, Tensor> target, string prefix, nn.Module module, AdamOptimiser adam)
    {
        foreach (var (name, state) in AdamStates(module, adam))
        {
            target[$"{prefix}{name}.step"] = tensor(state.Step);
            target[$"{prefix}{name}.exp_avg"] = state.Average;
            target[$"{prefix}{name}.exp_avg_sq"] = state.AverageOfSquares;
        }
    }

    private static void LoadAdam(Dictionary<string, Tensor> source, string prefix, nn.Module module, AdamOptimiser adam)
    {
        foreach (var (name, state) in AdamStates(module, adam))
        {
            state.Step = Find(source, $"{prefix}{name}.step", []).item<long>();
            state.Average.copy_(Find(source, $"{prefix}{name}.exp_avg", state.Average.shape));
            state.AverageOfSquares.copy_(Find(source, $"{prefix}{name}.exp_avg_sq", state.AverageOfSquares.shape));
        }
    }

    private static IEnumerable<(string Name, AdamState State)> AdamStates(nn.Module module, AdamOptimiser adam) =>
        module.named_parameters().Select(parameter => parameter.name).Zip(adam.States);

    private static Tensor Find(Dictionary<string, Tensor> source, string name, long[] shape)
    {
        if (!source.TryGetValue(name, out var found)) throw new InvalidDataException($"The checkpoint lacks the tensor {name}.");
        if (found.shape.SequenceEqual(shape)) return found;
        throw new InvalidDataException(
            $"Tensor {name} has the shape [{string.Join(", ", found.shape)}]; the network needs [{string.Join(", ", shape)}].");
    }
}
