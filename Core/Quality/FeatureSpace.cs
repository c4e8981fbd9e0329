using GanFunctions.Core.Data;
using GanFunctions.Core.Pictures;
using GanFunctions.Core.Training;
using static TorchSharp.torch;

namespace GanFunctions.Core.Quality;

/// <summary>A training picture near to another one.</summary>
/// <param name="Index">Its number in the data set.</param>
/// <param name="Label">What it shows, where that is known.</param>
/// <param name="Distance">Between their features.</param>
public sealed record Neighbour(int Index, byte? Label, double Distance);

/// <summary>Where the training pictures of a data set lie among each other, by the features that quality is measured in.</summary>
public sealed class FeatureSpace
{
    private const int Typical = 1000; // held-out pictures looked at

    private readonly QualityReference _ruler;
    private readonly byte[]? _labels;
    private readonly PictureShape _shape;
    private readonly Tensor _features; // [count, 128], float64: near ones are told apart by the difference of large numbers
    private readonly Tensor _squares;  // [count]

    /// <summary>Works the features out, with the threads of the calling thread: 4,000 pictures a second on each.</summary>
    public FeatureSpace(Dataset data, QualityReference ruler)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        (_ruler, _labels, _shape, Dataset, ReferenceSha256) = (ruler, data.Train.Labels, data.Train.Shape, data.Sha256, ruler.Sha256);
        var pixels = tensor(data.Train.Pixels, [data.Train.Count, _shape.Channels, _shape.Side, _shape.Side], dtype: ScalarType.Byte);
        _features = ruler.FeaturesOf(pixels).to(ScalarType.Float64).DetachFromDisposeScope();
        _squares = _features.square().sum(1).DetachFromDisposeScope();
        var held = ruler.HeldOut(Typical).to(ScalarType.Float64);
        var place = RealPictures.AreHeldOutOfTest(data) ? 1 : 2; // where they are training pictures themselves, the nearest but that
        var nearest = Enumerable.Range(0, (int)held.shape[0]).Select(index => NearestBut(held[index], place)).Order().ToList();
        TypicalDistance = Rounding.Round(nearest[nearest.Count / 2]);
    }

    /// <summary>Hash of the data set.</summary>
    public string Dataset { get; }

    /// <summary>Hash of what the features are taken with.</summary>
    public string ReferenceSha256 { get; }

    /// <summary>The median distance of real pictures to the nearest other one of the training set.</summary>
    public double TypicalDistance { get; }

    /// <summary>The training pictures nearest to a picture, the nearest first. Thread-safe.</summary>
    /// <param name="picture"><c>[channels, side, side]</c>, 0 to 255.</param>
    /// <param name="count">How many, at most.</param>
    public IReadOnlyList<Neighbour> Nearest(byte[] picture, int count)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var pixels = tensor(picture, [1, _shape.Channels, _shape.Side, _shape.Side], dtype: ScalarType.Byte);
        var distances = Distances(_ruler.FeaturesOf(pixels)[0].to(ScalarType.Float64));
        var (values, indexes) = distances.topk((int)Math.Min(count, distances.shape[0]), largest: false);
        return [.. indexes.data<long>().Zip(values.data<double>(), (index, distance) =>
            new Neighbour((int)index, _labels?[(int)index], Rounding.Round(distance)))];
    }

    private double NearestBut(Tensor features, int place)
    {
        using var scope = NewDisposeScope(); // each takes megabytes
        return Distances(features).kthvalue(place, null, false).values.item<double>();
    }

    private Tensor Distances(Tensor features) => // [128] to [count]
        (_squares - 2 * _features.mv(features) + features.square().sum()).clamp_min_(0).sqrt_();
}

/// <summary>Keeps the features of the data set that was searched last. To work them out takes seconds; where its ruler has to be made first, a minute.</summary>
/// <param name="rulers">Know the features.</param>
public sealed class NeighbourSearch(QualityReferenceStore rulers)
{
    private readonly Lock _lock = new();
    private (string Dataset, Task<FeatureSpace?> Space) _last = ("", Task.FromResult<FeatureSpace?>(null));

    /// <summary>The features of a data set's training pictures; null where it is too small to have any.</summary>
    /// <param name="data">The data set.</param>
    /// <param name="patience">How long to wait for them; who asks again later finds them nearer to done.</param>
    /// <param name="cancellation">Stops waiting.</param>
    /// <exception cref="TimeoutException">They are not ready yet.</exception>
    public Task<FeatureSpace?> PrepareAsync(Dataset data, TimeSpan patience, CancellationToken cancellation)
    {
        lock (_lock)
        {
            // The one before is left to its finalizers: someone may be searching it.
            if (_last.Dataset != data.Sha256 || _last.Space.IsFaulted) _last = (data.Sha256, Task.Run(() => MakeAsync(data), CancellationToken.None));
            return _last.Space.WaitAsync(patience, cancellation);
        }
    }

    private async Task<FeatureSpace?> MakeAsync(Dataset data) => await rulers.GetAsync(data, CancellationToken.None) is { } ruler
        ? await TrainingThread.RunAsync(threads: 1, () => new FeatureSpace(data, ruler))
        : null;
}
