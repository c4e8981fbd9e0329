using System.Collections.Concurrent;
using System.Globalization;
using GanFunctions.Core.Memory;
using GanFunctions.Core.Model;
using GanFunctions.Core.Pictures;
using GanFunctions.Core.Storage;
using GanFunctions.Core.Training;
using TorchSharp;
using static TorchSharp.torch;
using Generator = GanFunctions.Core.Model.Generator;

namespace GanFunctions.Core.Quality;

/// <summary>
/// Measures the pictures generated for a data set: a feature extractor, a classifier if there are labels, and the features of
/// held-out and of training pictures. It is a single safetensors file, so that all workers measure with the same one. It holds native memory,
/// which the last of its holders gives back: each of them disposes it once.
/// </summary>
public sealed class QualityReference : IDisposable
{
    internal const string NetworkPrefix = "network.";
    internal const string HeldOutKey = "real.held";      // [up to 10,000, 128]
    internal const string TrainingKey = "real.training"; // [up to 10,000, 128]
    internal const string LabelsKey = "labels";
    internal const string AccuracyKey = "accuracy";
    internal const string SideKey = "side"; // of pictures above 64x64: the weights do not tell. Only earlier versions wrote it

    private static readonly Scalar SmallestSpread = 1e-6.ToScalar(); // of pictures that are all the same
    private const int NoiseBatch = 128; // fixed: a stream of random numbers each
    private const int Seed = 0;         // the noise is the same for every epoch and every run

    private int _holders = 1;
    private readonly FeatureNetwork _network;
    private readonly byte[] _labels;
    private readonly Tensor _heldOut;
    private readonly Tensor _training;
    private readonly Tensor _mean;
    private readonly Tensor _covariance;
    private readonly Tensor _squaredSpread;
    private readonly ConcurrentDictionary<int, (double Frechet, double Kernel)> _baselines = new();

    /// <summary>Loads a quality reference.</summary>
    /// <param name="file">The file as stored by <see cref="QualityReferenceStore"/>.</param>
    /// <exception cref="InvalidDataException">The file is not a quality reference.</exception>
    public QualityReference(byte[] file)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var (tensors, metadata) = SafeTensors.Read(file);
        if (!metadata.TryGetValue(LabelsKey, out var labels)
            || !tensors.TryGetValue(HeldOutKey, out var heldOut) || !tensors.TryGetValue(TrainingKey, out var training))
        {
            throw new InvalidDataException("The quality reference lacks the labels or the features of real pictures.");
        }

        _labels = [.. labels.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(label => byte.Parse(label, CultureInfo.InvariantCulture))];
        if (metadata.TryGetValue(AccuracyKey, out var accuracy)) Accuracy = double.Parse(accuracy, CultureInfo.InvariantCulture);
        _network = CreateNetwork(tensors, metadata, _labels.Length);
        foreach (var (name, value) in _network.state_dict())
        {
            if (!tensors.TryGetValue(NetworkPrefix + name, out var stored)) throw new InvalidDataException($"The quality reference lacks the tensor {name}.");
            value.copy_(stored);
            value.requires_grad = false;
            value.DetachFromDisposeScope();
        }
        (_heldOut, _training) = (heldOut.DetachFromDisposeScope(), training.DetachFromDisposeScope());
        var (mean, covariance) = FrechetDistance.MomentsOf(heldOut);
        (_mean, _covariance) = (mean.DetachFromDisposeScope(), covariance.DetachFromDisposeScope());
        _squaredSpread = covariance.trace().Times(2).clamp_min(SmallestSpread).to(ScalarType.Float32).DetachFromDisposeScope();
        Sha256 = BlobReference.Of(file).Sha256;
    }

    private static FeatureNetwork CreateNetwork(IReadOnlyDictionary<string, Tensor> tensors, IReadOnlyDictionary<string, string> metadata, int classes)
    {
        if (tensors.ContainsKey(NetworkPrefix + PretrainedFeatures.ProjectionWeight)) return new PretrainedFeatures(classes);
        if (!tensors.TryGetValue(NetworkPrefix + LeNet.FirstWeight, out var first) || !tensors.TryGetValue(NetworkPrefix + LeNet.DenseWeight, out var dense))
            throw new InvalidDataException("The quality reference lacks the network.");
        var shape = LeNet.ShapeOf(first, dense);
        return new LeNet(metadata.TryGetValue(SideKey, out var side) ? shape with { Side = int.Parse(side, CultureInfo.InvariantCulture) } : shape, classes);
    }

    /// <summary>SHA-256 of the file.</summary>
    public string Sha256 { get; }

    /// <summary>Accuracy of the classifier on held-out pictures, from 0 to 1; null if the data set has no labels.</summary>
    public double? Accuracy { get; }

    /// <summary>
    /// Measures the pictures of a generator, always from the same noise. Uses the torch threads of the calling thread, and leaves the
    /// process-wide random generator unchanged. Thread-safe.
    /// </summary>
    /// <param name="generator">
    /// The generator in evaluation mode. It maps noise, <c>[batch, 100]</c> from the standard normal distribution, and the indexes of the
    /// requested classes if it is conditional, <c>[batch]</c>, to pictures, <c>[batch, channels, side, side]</c> in [-1, 1].
    /// </param>
    /// <param name="samples">Number of pictures to generate, at least 2.</param>
    /// <param name="requested">The labels to request from a conditional generator; else null.</param>
    /// <returns>The quality; null if a picture is NaN or infinite.</returns>
    public PictureQuality? Measure(nn.Module<Tensor, Tensor?, Tensor> generator, int samples, RequestedLabels? requested = null)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var generated = GeneratedFeatures(generator, samples, requested?.IndexesIn(requested.Known)); // [samples, 128]
        if (!generated.isfinite().all().item<bool>()) return null;
        var (baseline, kernelBaseline) = _baselines.GetOrAdd(samples, BaselinesOf);
        var (precision, recall, density, coverage) = Manifolds.Compare(generated, _heldOut);
        return new PictureQuality(
            samples,
            Rounding.Round(DistanceToHeldOut(generated)),
            Rounding.Round(KernelDistance.Between(generated, _heldOut)),
            baseline,
            kernelBaseline,
            Rounding.Round(Variety.Of(generated, _heldOut, _network.Noise)),
            Sha256,
            Accuracy is { } accuracy
                ? ClassCoverage.Of(_network.Classify(generated), _network.Classify(_heldOut), _labels, accuracy, requested?.IndexesIn(_labels))
                : null,
            Rounding.Round(precision),
            Rounding.Round(recall),
            Rounding.Round(density),
            Rounding.Round(coverage));
    }

    /// <summary>Features, <c>[count, 128]</c>, of pictures. Thread-safe.</summary>
    internal Tensor FeaturesOf(PictureSelection pictures) => _network.FeaturesOf(pictures, CancellationToken.None);

    /// <summary>Features, <c>[count, 128]</c>, of pictures, <c>[count, channels, side, side]</c> in [-1, 1], with their gradients. Thread-safe.</summary>
    internal Tensor FeaturesOf(Tensor pictures) => _network.call(pictures);

    /// <summary>Mean squared distance between the features of two held-out pictures, more than zero: a float32 scalar.</summary>
    internal Tensor SquaredSpread => _squaredSpread;

    /// <summary>Features of the first held-out pictures, at most <paramref name="max"/>: <c>[count, 128]</c>.</summary>
    internal Tensor HeldOut(int max) => _heldOut.narrow(0, 0, Math.Min(max, _heldOut.shape[0]));

    /// <summary>Adds a holder. The caller is one itself, so that the reference is not disposed at the same time.</summary>
    internal QualityReference Share()
    {
        Interlocked.Increment(ref _holders);
        return this;
    }

    /// <summary>Ends the use by one holder.</summary>
    public void Dispose()
    {
        if (Interlocked.Decrement(ref _holders) != 0) return;
        _network.Dispose();
        _heldOut.Dispose();
        _training.Dispose();
        _mean.Dispose();
        _covariance.Dispose();
        _squaredSpread.Dispose();
    }

    // Incomplete batches are padded; the surplus pictures are not measured.
    private Tensor GeneratedFeatures(nn.Module<Tensor, Tensor?, Tensor> generator, int samples, Tensor? classes)
    {
        using var scope = NewDisposeScope();
        var (random, features) = (new RunRandom(Seed, 0), new List<Tensor>());
        for (var start = 0L; start < samples; start += _network.BatchSize)
        {
            using var batchScope = NewDisposeScope();
            using var draw = random.At(0, (int)(start / NoiseBatch), RandomPurpose.ReferenceNoise);
            var noise = randn([NoiseBatch, Generator.LatentSize], generator: draw).narrow(0, start % NoiseBatch, _network.BatchSize);
            // Quantised to 256 levels, which real pictures have too.
            var pictures = Pixels.Quantize(generator.call(noise, ClassesOfBatch(classes, start)));
            features.Add(_network.call(Pixels.Normalize(pictures)).MoveToOuterDisposeScope());
        }
        return cat(features).narrow(0, 0, samples).MoveToOuterDisposeScope();
    }

    private Tensor? ClassesOfBatch(Tensor? classes, long start)
    {
        if (classes is null) return null;
        var length = Math.Min(_network.BatchSize, classes.shape[0] - start);
        var chosen = classes.narrow(0, start, length);
        return length == _network.BatchSize ? chosen : cat([chosen, zeros(_network.BatchSize - length, ScalarType.Int64)]);
    }

    /// <summary>Both distances for the same number of training pictures, or all if there are fewer. Computed once per number.</summary>
    private (double Frechet, double Kernel) BaselinesOf(int samples)
    {
        using var scope = NewDisposeScope();
        var training = _training.narrow(0, 0, Math.Min(samples, _training.shape[0]));
        return (Rounding.Round(DistanceToHeldOut(training)), Rounding.Round(KernelDistance.Between(training, _heldOut)));
    }

    private double DistanceToHeldOut(Tensor features) => FrechetDistance.Between(FrechetDistance.MomentsOf(features), (_mean, _covariance));
}
