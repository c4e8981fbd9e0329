using System.Text.Json.Serialization;
using GanFunctions.Core.Data;
using GanFunctions.Core.Memory;
using GanFunctions.Core.Pictures;
using GanFunctions.Core.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace GanFunctions.Core.Quality;

/// <summary>A training picture that is close to another picture.</summary>
/// <param name="Index">Index of the training picture in the data set, from 0.</param>
/// <param name="Label">Its label; null if the data set has no labels.</param>
/// <param name="Distance">Euclidean distance between the features of the two pictures.</param>
/// <param name="Name">Name of its class; absent if it is unknown.</param>
public sealed record Neighbour(
    int Index, byte? Label, double Distance, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Name = null);

/// <summary>
/// The training pictures of a data set in the feature space of its quality reference, for nearest-neighbour search. It keeps 256 bytes for each
/// picture: features in half precision find candidates, and the features of the candidates are extracted again for the exact distances.
/// </summary>
public sealed class FeatureSpace
{
    private const int MaxHeldOut = 1000; // held-out pictures that the typical distance is computed from
    private const int Group = 100;       // of them, searched for at a time
    private const int Rows = 4096;       // training pictures whose features are in float32 at a time

    private readonly QualityReference _reference;
    private readonly Tensor _features; // [count, 128], float16

    /// <summary>
    /// Computes the features with the torch threads of the calling thread: about 10,000 small grey pictures with labels per second and thread, or 400 others.
    /// </summary>
    /// <exception cref="OperationCanceledException">The computation was cancelled.</exception>
    public FeatureSpace(Dataset data, QualityReference reference, CancellationToken cancellation)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        (_reference, Dataset, ReferenceSha256) = (reference, data.Sha256, reference.Sha256);
        _features = empty([data.Train.Count, FeatureNetwork.FeatureSize], ScalarType.Float16).DetachFromDisposeScope();
        for (var start = 0; start < data.Train.Count; start += Rows)
        {
            cancellation.ThrowIfCancellationRequested();
            using var rows = NewDisposeScope();
            var indexes = Enumerable.Range(start, Math.Min(Rows, data.Train.Count - start)).ToArray();
            _features.narrow(0, start, indexes.Length).copy_(reference.FeaturesOf(new PictureSelection(data.Train, indexes)));
        }
        var rank = RealPictures.AreHeldOutOfTest(data) ? 1 : 2; // a held-out picture of the training set is its own nearest neighbour
        var distances = new List<double>();
        foreach (var group in reference.HeldOut(MaxHeldOut).split(Group))
        {
            cancellation.ThrowIfCancellationRequested();
            distances.AddRange(Nearest(data.Train, group, rank).Select(each => each[^1].Distance));
        }
        distances.Sort();
        TypicalDistance = distances[distances.Count / 2];
    }

    /// <summary>SHA-256 of the data set.</summary>
    public string Dataset { get; }

    /// <summary>SHA-256 of the quality reference.</summary>
    public string ReferenceSha256 { get; }

    /// <summary>Median distance of a held-out picture to the nearest other picture in the training set.</summary>
    public double TypicalDistance { get; }

    /// <summary>The training pictures nearest to a picture, nearest first. Thread-safe.</summary>
    /// <param name="training">The training pictures of the data set.</param>
    /// <param name="picture">The picture, <c>[channels, side, side]</c>, 0 to 255.</param>
    /// <param name="count">Maximum number of neighbours.</param>
    public IReadOnlyList<Neighbour> Nearest(ImageSet training, byte[] picture, int count)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var pictures = PictureSelection.All(new ImageSet(picture, null, 1, training.Height, training.Width, training.Channels));
        return Nearest(training, _reference.FeaturesOf(pictures), count).Single();
    }

    // For features, [n, 128], n lists of neighbours.
    private List<List<Neighbour>> Nearest(ImageSet training, Tensor features, int count)
    {
        using var scope = NewDisposeScope();
        var candidates = Candidates(features, 2 * count + 6); // half precision ranks only pictures at almost the same distance wrongly
        var found = candidates.data<long>().Select(index => (int)index).ToArray();
        var exact = _reference.FeaturesOf(new PictureSelection(training, found)).view(candidates.shape[0], candidates.shape[1], FeatureNetwork.FeatureSize);
        var (distances, order) = (exact - features.unsqueeze(1)).Squared().sum(2).sqrt_().topk((int)Math.Min(count, candidates.shape[1]), largest: false);
        var neighbours = candidates.gather(1, order).data<long>().Zip(distances.data<float>(), (index, distance) =>
            new Neighbour((int)index, training.Labels?[(int)index], Rounding.Round((double)distance)));
        return [.. neighbours.Chunk((int)order.shape[1]).Select(each => each.ToList())];
    }

    private Tensor Candidates(Tensor features, int count) // [n, 128] to [n, count] int64
    {
        using var scope = NewDisposeScope();
        var (distances, indexes) = (empty([features.shape[0], 0]), empty([features.shape[0], 0], ScalarType.Int64));
        for (var start = 0L; start < _features.shape[0]; start += Rows)
        {
            using var step = NewDisposeScope(); // otherwise all features would be in memory in float32 at the end
            var rows = _features.narrow(0, start, Math.Min(Rows, _features.shape[0] - start)).to(ScalarType.Float32);
            using var first = start.ToScalar();
            using var end = (start + rows.shape[0]).ToScalar();
            var more = arange(first, end, Arithmetic.One, ScalarType.Int64).expand(features.shape[0], -1);
            var all = cat([distances, cdist(features, rows)], 1);
            var (nearest, at) = all.topk((int)Math.Min(count, all.shape[1]), largest: false);
            (distances, indexes) = (nearest.MoveToOuterDisposeScope(), cat([indexes, more], 1).gather(1, at).MoveToOuterDisposeScope());
        }
        return indexes.MoveToOuterDisposeScope();
    }
}

/// <summary>
/// Caches the feature space of the last data set that was searched. Computing it takes seconds to minutes, and up to a minute more if the quality reference
/// must be built first.
/// </summary>
/// <param name="references">Provides the quality references.</param>
/// <param name="time">Measures how long a feature space is unused.</param>
public sealed class NeighbourSearch(QualityReferenceStore references, TimeProvider time) : IDisposable
{
    private sealed record Last(string Dataset, Task<FeatureSpace?> Space);

    private readonly Recent<Last> _last = new(time); // not disposed but left to its finalizers, because it may still be in use
    private readonly SemaphoreSlim _gate = new(1); // one computation at a time
    private readonly CancellationTokenSource _ending = new();

    /// <summary>The feature space of a data set; null if the data set is too small to have a quality reference.</summary>
    /// <param name="data">The data set.</param>
    /// <param name="timeout">How long to wait. The computation continues after a timeout; a later call gets its result.</param>
    /// <param name="cancellation">Cancels the wait, not the computation.</param>
    /// <exception cref="TimeoutException">The feature space is not ready yet.</exception>
    public Task<FeatureSpace?> PrepareAsync(Dataset data, TimeSpan timeout, CancellationToken cancellation) => _last.Use(last =>
    {
        if (last?.Dataset == data.Sha256 && !last.Space.IsFaulted) return last.Space;
        var ending = _ending.Token;
        var building = Task.Run(() => BuildAsync(data, ending), CancellationToken.None);
        _last.Keep(new(data.Sha256, building));
        return building;
    }).WaitAsync(timeout, cancellation);

    /// <summary>Ends a computation and waits for that: the process would crash if torch were still computing when it ends.</summary>
    public void Dispose()
    {
        _ending.Cancel();
        _gate.Wait();
        _last.Dispose();
        _ending.Dispose();
        _gate.Dispose();
    }

    private async Task<FeatureSpace?> BuildAsync(Dataset data, CancellationToken cancellation)
    {
        await _gate.WaitAsync(cancellation);
        try
        {
            if (await references.GetAsync(data, cancellation) is not { } reference) return null;
            var space = await TrainingThread.RunAsync(threads: 1, () => new FeatureSpace(data, reference, cancellation));
            FreedMemory.ReturnNative();
            return space;
        }
        finally
        {
            _gate.Release();
        }
    }
}
