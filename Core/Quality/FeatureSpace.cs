using System.Text.Json.Serialization;
using GanFunctions.Core.Data;
using GanFunctions.Core.Pictures;
using GanFunctions.Core.Training;
using static TorchSharp.torch;

namespace GanFunctions.Core.Quality;

/// <summary>A training picture that is close to another picture.</summary>
/// <param name="Index">Index of the training picture in the data set, from 0.</param>
/// <param name="Label">Its label; null if the data set has no labels.</param>
/// <param name="Distance">Euclidean distance between the features of the two pictures.</param>
/// <param name="Name">Name of its class; absent if it is unknown.</param>
public sealed record Neighbour(
    int Index, byte? Label, double Distance, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Name = null);

/// <summary>The training pictures of a data set in the feature space of its quality reference, for nearest-neighbour search.</summary>
public sealed class FeatureSpace
{
    private const int MaxHeldOut = 1000; // held-out pictures that the typical distance is computed from

    private readonly QualityReference _reference;
    private readonly byte[]? _labels;
    private readonly PictureShape _shape;
    private readonly Tensor _features; // [count, 128], float64: small distances are differences of large numbers
    private readonly Tensor _squares;  // [count]

    /// <summary>Computes the features with the torch threads of the calling thread, at about 4,000 pictures per second and thread.</summary>
    public FeatureSpace(Dataset data, QualityReference reference)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        (_reference, _labels, _shape, Dataset, ReferenceSha256) = (reference, data.Train.Labels, data.Train.Shape, data.Sha256, reference.Sha256);
        _features = reference.FeaturesOf(PictureSelection.All(data.Train)).to(ScalarType.Float64).DetachFromDisposeScope();
        _squares = _features.square().sum(1).DetachFromDisposeScope();
        var heldOut = reference.HeldOut(MaxHeldOut).to(ScalarType.Float64);
        var rank = RealPictures.AreHeldOutOfTest(data) ? 1 : 2; // a held-out picture of the training set is its own nearest neighbour
        var nearest = Enumerable.Range(0, (int)heldOut.shape[0]).Select(index => NeighbourDistance(heldOut[index], rank)).Order().ToList();
        TypicalDistance = Rounding.Round(nearest[nearest.Count / 2]);
    }

    /// <summary>SHA-256 of the data set.</summary>
    public string Dataset { get; }

    /// <summary>SHA-256 of the quality reference.</summary>
    public string ReferenceSha256 { get; }

    /// <summary>Median distance of a held-out picture to the nearest other picture in the training set.</summary>
    public double TypicalDistance { get; }

    /// <summary>The training pictures nearest to a picture, nearest first. Thread-safe.</summary>
    /// <param name="picture">The picture, <c>[channels, side, side]</c>, 0 to 255.</param>
    /// <param name="count">Maximum number of neighbours.</param>
    public IReadOnlyList<Neighbour> Nearest(byte[] picture, int count)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var pictures = PictureSelection.All(new ImageSet(picture, null, 1, _shape.Side, _shape.Side, _shape.Channels));
        var distances = Distances(_reference.FeaturesOf(pictures)[0].to(ScalarType.Float64));
        var (values, indexes) = distances.topk((int)Math.Min(count, distances.shape[0]), largest: false);
        return [.. indexes.data<long>().Zip(values.data<double>(), (index, distance) =>
            new Neighbour((int)index, _labels?[(int)index], Rounding.Round(distance)))];
    }

    // The distance to the nearest training picture (rank 1) or the second nearest (rank 2).
    private double NeighbourDistance(Tensor features, int rank)
    {
        using var scope = NewDisposeScope(); // every call allocates megabytes
        return Distances(features).kthvalue(rank, null, false).values.item<double>();
    }

    private Tensor Distances(Tensor features) => // [128] to [count]
        (_squares - 2 * _features.mv(features) + features.square().sum()).clamp_min_(0).sqrt_();
}

/// <summary>
/// Caches the feature space of the last data set that was searched. Computing it takes seconds, or up to a minute if the quality reference
/// must be built first.
/// </summary>
/// <param name="references">Provides the quality references.</param>
public sealed class NeighbourSearch(QualityReferenceStore references)
{
    private readonly Lock _lock = new();
    private (string Dataset, Task<FeatureSpace?> Space) _last = ("", Task.FromResult<FeatureSpace?>(null));

    /// <summary>The feature space of a data set; null if the data set is too small to have a quality reference.</summary>
    /// <param name="data">The data set.</param>
    /// <param name="timeout">How long to wait. The computation continues after a timeout; a later call gets its result.</param>
    /// <param name="cancellation">Cancels the wait, not the computation.</param>
    /// <exception cref="TimeoutException">The feature space is not ready yet.</exception>
    public Task<FeatureSpace?> PrepareAsync(Dataset data, TimeSpan timeout, CancellationToken cancellation)
    {
        lock (_lock)
        {
            // The previous one is not disposed but left to its finalizers, because it may still be in use.
            if (_last.Dataset != data.Sha256 || _last.Space.IsFaulted)
                _last = (data.Sha256, Task.Run(() => BuildAsync(data), CancellationToken.None));
            return _last.Space.WaitAsync(timeout, cancellation);
        }
    }

    private async Task<FeatureSpace?> BuildAsync(Dataset data)
    {
        if (await references.GetAsync(data, CancellationToken.None) is not { } reference) return null;
        var space = await TrainingThread.RunAsync(threads: 1, () => new FeatureSpace(data, reference));
        NativeHeap.Trim();
        return space;
    }
}
