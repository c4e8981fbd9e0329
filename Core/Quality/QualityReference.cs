using System.Collections.Concurrent;
using System.Globalization;
using GanFunctions.Core.Model;
using GanFunctions.Core.Pictures;
using GanFunctions.Core.Storage;
using GanFunctions.Core.Training;
using static TorchSharp.torch;
using Generator = GanFunctions.Core.Model.Generator;

namespace GanFunctions.Core.Quality;

/// <summary>
/// What generated pictures of a data set are measured with: a network that gives features, a classifier where there are labels, and the
/// features of real pictures, held out and trained on. All of it is one safetensors file, so that every worker measures with the same.
/// </summary>
public sealed class QualityReference : IDisposable
{
    internal const string NetworkPrefix = "network.";
    internal const string HeldKey = "real.held";         // [up to 10,000, 128]
    internal const string TrainingKey = "real.training"; // [up to 10,000, 128]
    internal const string LabelsKey = "labels";
    internal const string AccuracyKey = "accuracy";

    private const int BatchSize = 128; // fixed: another size may take other kernels and give other last bits
    private const int Seed = 0;        // the noise is the same for every epoch and every run

    private readonly FeatureNetwork _network;
    private readonly byte[] _labels;
    private readonly Tensor _held;
    private readonly Tensor _training;
    private readonly Tensor _mean;
    private readonly Tensor _covariance;
    private readonly ConcurrentDictionary<int, (double Frechet, double Kernel)> _baselines = new();

    /// <summary>Loads a quality reference.</summary>
    /// <param name="file">As <see cref="QualityReferenceStore"/> keeps it.</param>
    /// <exception cref="InvalidDataException">The file is not a quality reference.</exception>
    public QualityReference(byte[] file)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var (tensors, metadata) = SafeTensors.Read(file);
        if (!metadata.TryGetValue(LabelsKey, out var labels) || !tensors.TryGetValue(HeldKey, out var held) || !tensors.TryGetValue(TrainingKey, out var training))
            throw new InvalidDataException("Not a quality reference: the labels or the features of real pictures are missing.");
        _labels = [.. labels.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(label => byte.Parse(label, CultureInfo.InvariantCulture))];
        if (metadata.TryGetValue(AccuracyKey, out var accuracy)) Accuracy = double.Parse(accuracy, CultureInfo.InvariantCulture);
        if (!tensors.TryGetValue(NetworkPrefix + FeatureNetwork.FirstWeight, out var first) || !tensors.TryGetValue(NetworkPrefix + FeatureNetwork.DenseWeight, out var dense))
            throw new InvalidDataException("Not a quality reference: the network is missing.");
        _network = new FeatureNetwork(FeatureNetwork.ShapeOf(first, dense), _labels.Length);
        foreach (var (name, value) in _network.state_dict())
        {
            if (!tensors.TryGetValue(NetworkPrefix + name, out var stored)) throw new InvalidDataException($"The quality reference lacks the tensor {name}.");
            value.copy_(stored);
            value.requires_grad = false;
            value.DetachFromDisposeScope();
        }
        (_held, _training) = (held.DetachFromDisposeScope(), training.DetachFromDisposeScope());
        var (mean, covariance) = FrechetDistance.MomentsOf(held);
        (_mean, _covariance) = (mean.DetachFromDisposeScope(), covariance.DetachFromDisposeScope());
        Sha256 = BlobReference.Of(file).Sha256;
    }

    /// <summary>Of the file.</summary>
    public string Sha256 { get; }

    /// <summary>The classifier's share of right answers on held-out pictures; null where there are no labels.</summary>
    public double? Accuracy { get; }

    /// <summary>
    /// Measures what a generator draws, with the threads of the calling thread and without any random number but its own. Thread-safe.
    /// </summary>
    /// <param name="generator">
    /// In evaluation mode; <c>[batch, 100]</c> normals, and the classes wanted where it is conditional, to <c>[batch, channels, side, side]</c> in [-1, 1].
    /// </param>
    /// <param name="samples">Pictures to draw, at least 2.</param>
    /// <param name="wanted">What the pictures are to show, where the generator is conditional; else null.</param>
    /// <returns>Null where what it draws is not even numbers.</returns>
    public PictureQuality? Measure(nn.Module<Tensor, Tensor?, Tensor> generator, int samples, WantedLabels? wanted = null)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var drawn = Drawn(generator, samples, wanted?.ClassesIn(wanted.Known)); // [samples, 128]
        if (!drawn.isfinite().all().item<bool>()) return null;
        var (baseline, kernelBaseline) = _baselines.GetOrAdd(samples, BaselinesOf);
        return new PictureQuality(
            samples,
            Rounding.Round(DistanceToHeld(drawn)),
            Rounding.Round(KernelDistance.Between(drawn, _held)),
            baseline,
            kernelBaseline,
            Rounding.Round(Variety.Of(drawn, _held)),
            Sha256,
            Accuracy is { } accuracy ? ClassCoverage.Of(_network.Classify(drawn), _network.Classify(_held), _labels, accuracy, wanted?.ClassesIn(_labels)) : null);
    }

    /// <summary>Features of pictures, <c>[count, channels, side, side]</c> bytes: <c>[count, 128]</c>. Thread-safe.</summary>
    internal Tensor FeaturesOf(Tensor pixels) => FeaturesOf(_network, pixels, CancellationToken.None);

    /// <summary>Features of real pictures that were held out, at most <paramref name="most"/> of them: <c>[count, 128]</c>.</summary>
    internal Tensor HeldOut(int most) => _held.narrow(0, 0, Math.Min(most, _held.shape[0]));

    /// <inheritdoc/>
    public void Dispose()
    {
        _network.Dispose();
        _held.Dispose();
        _training.Dispose();
        _mean.Dispose();
        _covariance.Dispose();
    }

    /// <summary>Features of real pictures, <c>[count, channels, side, side]</c> bytes.</summary>
    internal static Tensor FeaturesOf(FeatureNetwork network, Tensor pixels, CancellationToken cancellation)
    {
        using var scope = NewDisposeScope();
        var features = new List<Tensor>();
        for (var start = 0L; start < pixels.shape[0]; start += BatchSize)
        {
            cancellation.ThrowIfCancellationRequested();
            using var batchScope = NewDisposeScope();
            features.Add(network.call(Pixels.Normalize(pixels.narrow(0, start, Math.Min(BatchSize, pixels.shape[0] - start)))).MoveToOuterDisposeScope());
        }
        return cat(features).MoveToOuterDisposeScope();
    }

    private Tensor Drawn(nn.Module<Tensor, Tensor?, Tensor> generator, int samples, Tensor? classes)
    {
        using var scope = NewDisposeScope();
        var (random, features) = (new RunRandom(Seed, 0), new List<Tensor>());
        for (var batch = 0; batch * BatchSize < samples; batch++)
        {
            using var batchScope = NewDisposeScope();
            using var draw = random.At(0, batch, RandomPurpose.ReferenceNoise);
            // Quantized as they would be stored, since real pictures have 256 shades too.
            var noise = randn([BatchSize, Generator.LatentSize], generator: draw);
            var pictures = Pixels.Quantize(generator.call(noise, BatchOf(classes, batch)));
            features.Add(_network.call(Pixels.Normalize(pictures)).MoveToOuterDisposeScope());
        }
        return cat(features).narrow(0, 0, samples).MoveToOuterDisposeScope();
    }

    // A last batch that is not full is filled up with the first class: its pictures are not looked at.
    private static Tensor? BatchOf(Tensor? classes, int batch)
    {
        if (classes is null) return null;
        var start = (long)batch * BatchSize;
        var length = Math.Min(BatchSize, classes.shape[0] - start);
        var chosen = classes.narrow(0, start, length);
        return length == BatchSize ? chosen : cat([chosen, zeros(BatchSize - length, ScalarType.Int64)]);
    }

    /// <summary>Both distances of as many training pictures, where there are so many. Always the same, so measured once.</summary>
    private (double Frechet, double Kernel) BaselinesOf(int samples)
    {
        using var scope = NewDisposeScope();
        var training = _training.narrow(0, 0, Math.Min(samples, _training.shape[0]));
        return (Rounding.Round(DistanceToHeld(training)), Rounding.Round(KernelDistance.Between(training, _held)));
    }

    private double DistanceToHeld(Tensor features) => FrechetDistance.Between(FrechetDistance.MomentsOf(features), (_mean, _covariance));
}
