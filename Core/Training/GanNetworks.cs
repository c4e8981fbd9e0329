using GanFunctions.Core.Model;
using GanFunctions.Core.Pictures;
using TorchSharp;
using static TorchSharp.torch;
using Generator = GanFunctions.Core.Model.Generator;

namespace GanFunctions.Core.Training;

/// <summary>The state that training changes: both networks, their optimisers, and the averaged generator.</summary>
public sealed class GanNetworks : IDisposable
{
    /// <summary>The generator being trained.</summary>
    public Generator Generator { get; }

    /// <summary>The exponential moving average of the generator, including its batch-norm statistics. Samples come from it.</summary>
    public Generator Average { get; }

    /// <summary>The discriminator.</summary>
    public Discriminator Discriminator { get; }

    /// <summary>Adam optimiser of the generator.</summary>
    public AdamOptimiser GeneratorOptimiser { get; }

    /// <summary>Adam optimiser of the discriminator.</summary>
    public AdamOptimiser DiscriminatorOptimiser { get; }

    /// <summary>Number of updates of the moving average; determines its warm-up.</summary>
    public long AverageSteps { get; set; }

    /// <summary>Creates new networks, initialised with the run's random numbers.</summary>
    /// <param name="options">The run's options.</param>
    /// <param name="precision">The resolved precision of the convolutions.</param>
    /// <param name="random">The run's random numbers.</param>
    /// <param name="shape">Shape of the pictures.</param>
    /// <param name="labels">Labels of the classes; empty if the networks are unconditional.</param>
    public GanNetworks(TrainingOptions options, Precision precision, RunRandom random, PictureShape shape, ClassLabels labels)
    {
        var family = Presets.NetworksOf(options.Preset);
        Generator = family.CreateGenerator(options.Norm, shape, labels, options.WidthMultiplier);
        Average = family.CreateGenerator(options.Norm, shape, labels, options.WidthMultiplier); // always float32, because samples come from it
        Discriminator = family.CreateDiscriminator(options.Norm, shape, new(labels.Labels.Count, options.HiddenUnits), options.WidthMultiplier);
        Generator.ComputeType = Discriminator.ComputeType = Precisions.TypeOf(precision);
        using (var draw = random.At(0, 0, RandomPurpose.GeneratorWeights))
            WeightInitialisation.Initialise(Generator, options.Weights, draw);
        using (var draw = random.At(0, 0, RandomPurpose.DiscriminatorWeights))
            WeightInitialisation.Initialise(Discriminator, options.Weights, draw);
        SetGradients(Average, needed: false);
        Average.eval();
        CopyToAverage(decay: 0);
        GeneratorOptimiser = NewAdam(Generator, options);
        DiscriminatorOptimiser = NewAdam(Discriminator, options);
    }

    /// <summary>
    /// Updates the moving average. The decay warms up as (1 + n) / (10 + n), so that pictures of early epochs are not dominated by the
    /// initial weights. Batch-norm statistics are averaged like the weights they belong to.
    /// </summary>
    /// <param name="decay">The final decay; 0 copies the generator.</param>
    public void UpdateAverage(double decay)
    {
        AverageSteps++;
        CopyToAverage(Math.Min(decay, (1.0 + AverageSteps) / (10.0 + AverageSteps)));
    }

    /// <summary>The number of updates after which the warm-up of the moving average has reached <paramref name="decay"/>.</summary>
    public static long WarmUpSteps(double decay) => (long)Math.Max(0, Math.Ceiling((10 * decay - 1) / (1 - decay)));

    /// <summary>Whether all weights of both networks are finite.</summary>
    public bool AreFinite()
    {
        using var scope = NewDisposeScope();
        return Generator.parameters().Concat(Discriminator.parameters()).All(weight => weight.isfinite().all().item<bool>());
    }

    /// <summary>Sets whether a backward pass computes gradients for the weights of <paramref name="network"/>.</summary>
    public static void SetGradients(nn.Module network, bool needed)
    {
        foreach (var parameter in network.parameters()) parameter.requires_grad = needed;
    }

    /// <summary>Sets the learning rate of both optimisers.</summary>
    public void SetLearningRate(double rate)
    {
        GeneratorOptimiser.LearningRate = DiscriminatorOptimiser.LearningRate = rate;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        GeneratorOptimiser.Dispose();
        DiscriminatorOptimiser.Dispose();
        Generator.Dispose();
        Average.Dispose();
        Discriminator.Dispose();
    }

    private void CopyToAverage(double decay)
    {
        using var noGradient = no_grad();
        using Tensor share = 1 - decay;
        foreach (var ((_, average), (_, current)) in Average.state_dict().Zip(Generator.state_dict()))
        {
            if (decay == 0 || !average.is_floating_point()) average.copy_(current);
            else average.lerp_(current, share);
        }
    }

    private static AdamOptimiser NewAdam(nn.Module network, TrainingOptions options) =>
        new(network.parameters(), options.Beta1, options.Beta2, options.AdamEpsilon) { LearningRate = options.LearningRate };
}

/// <summary>A batch of real pictures.</summary>
/// <param name="Pictures"><c>[batch, channels, side, side]</c> in [-1, 1].</param>
/// <param name="Classes">The class of each picture, <c>[batch]</c>, int64; null if the training is unconditional.</param>
public readonly record struct RealBatch(Tensor Pictures, Tensor? Classes)
{
    /// <summary>Number of pictures.</summary>
    public long Size => Pictures.shape[0];
}

/// <summary>The pictures of one epoch in their shuffled order.</summary>
internal sealed class EpochData : IDisposable
{
    private readonly PictureSelection _pictures;
    private readonly Tensor? _classes; // [count], int64
    private readonly Tensor _order;    // [count]
    private readonly int _batchSize;
    private readonly Shard _shard;

    /// <param name="pictures">All training pictures.</param>
    /// <param name="labels">Label of each class in ascending order; empty if the training is unconditional.</param>
    /// <param name="batchSize">Pictures per batch.</param>
    /// <param name="random">Determines the order.</param>
    /// <param name="epoch">The epoch, from 1.</param>
    /// <param name="shard">The share of every batch to return.</param>
    public EpochData(ImageSet pictures, IReadOnlyList<byte> labels, int batchSize, RunRandom random, int epoch, Shard shard)
    {
        (_batchSize, _shard) = (batchSize, shard);
        if (labels.Count > 0) _classes = tensor(pictures.ClassesOf(labels));
        _pictures = PictureSelection.All(pictures);
        using var draw = random.At(epoch, 0, RandomPurpose.Shuffle);
        _order = randperm(pictures.Count, generator: draw);
    }

    /// <summary>The shard of the batch of a step, counted from 0.</summary>
    public RealBatch Batch(int step)
    {
        using var scope = NewDisposeScope();
        var size = _shard.SizeOf(_batchSize);
        var chosen = _order.narrow(0, (long)step * _batchSize + _shard.Index * size, size);
        var pictures = Pixels.Normalize(_pictures.Batch(chosen));
        return new(pictures.MoveToOuterDisposeScope(), _classes?.index_select(0, chosen).MoveToOuterDisposeScope());
    }

    public void Dispose()
    {
        _classes?.Dispose();
        _order.Dispose();
    }
}
