using GanFunctions.Core.Model;
using GanFunctions.Core.Pictures;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using Generator = GanFunctions.Core.Model.Generator;

namespace GanFunctions.Core.Training;

/// <summary>All that training changes: both networks, their optimisers, and the averaged generator.</summary>
public sealed class GanNetworks : IDisposable
{
    /// <summary>The generator that is trained.</summary>
    public Generator Generator { get; }

    /// <summary>Its moving average, weights and batch-norm statistics alike; pictures are drawn from it.</summary>
    public Generator Average { get; }

    /// <summary>The discriminator.</summary>
    public Discriminator Discriminator { get; }

    /// <summary>Adam of the generator.</summary>
    public Adam GeneratorOptimiser { get; }

    /// <summary>Adam of the discriminator.</summary>
    public Adam DiscriminatorOptimiser { get; }

    /// <summary>Steps taken since the first; counts the moving average's warm-up.</summary>
    public long AverageSteps { get; set; }

    /// <summary>Fresh networks, drawn from the run's own random numbers.</summary>
    /// <param name="options">The run's options.</param>
    /// <param name="precision">What they are trained in, settled.</param>
    /// <param name="random">The run's random numbers.</param>
    /// <param name="shape">Of the pictures.</param>
    /// <param name="labels">Label of each class, rising, where they are conditional; else none.</param>
    public GanNetworks(TrainingOptions options, Precision precision, RunRandom random, PictureShape shape, IReadOnlyList<byte> labels)
    {
        Generator = new Generator(options.Norm, shape, labels) { Arithmetic = Arithmetic.TypeOf(precision) };
        Average = new Generator(options.Norm, shape, labels); // float32 always: pictures are drawn from it
        Discriminator = new Discriminator(options.Norm, shape, labels.Count) { Arithmetic = Arithmetic.TypeOf(precision) };
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
    /// Moves the average towards the generator. The decay warms up as (1 + n) / (10 + n), so that early epochs are not mush; batch-norm
    /// statistics are averaged with the weights they belong to.
    /// </summary>
    /// <param name="decay">The final decay; 0 copies.</param>
    public void UpdateAverage(double decay)
    {
        AverageSteps++;
        CopyToAverage(Math.Min(decay, (1.0 + AverageSteps) / (10.0 + AverageSteps)));
    }

    /// <summary>Whether every weight of both networks is a number.</summary>
    public bool AreFinite()
    {
        using var scope = NewDisposeScope();
        return Generator.parameters().Concat(Discriminator.parameters()).All(weight => weight.isfinite().all().item<bool>());
    }

    /// <summary>Says whether a backward pass computes gradients for the weights of <paramref name="network"/>.</summary>
    public static void SetGradients(nn.Module network, bool needed)
    {
        foreach (var parameter in network.parameters()) parameter.requires_grad = needed;
    }

    /// <summary>Sets the learning rate of both optimisers.</summary>
    public void SetLearningRate(double rate)
    {
        foreach (var group in GeneratorOptimiser.ParamGroups.Concat(DiscriminatorOptimiser.ParamGroups)) group.LearningRate = rate;
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
        foreach (var ((_, average), (_, current)) in Average.state_dict().Zip(Generator.state_dict()))
        {
            if (decay == 0 || !average.is_floating_point()) average.copy_(current);
            else average.lerp_(current, 1 - decay);
        }
    }

    private static Adam NewAdam(nn.Module network, TrainingOptions options) => optim.Adam(
        network.parameters(), options.LearningRate, options.Beta1, options.Beta2, options.AdamEpsilon);
}
