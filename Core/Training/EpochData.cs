using GanFunctions.Core.Pictures;
using static TorchSharp.torch;

namespace GanFunctions.Core.Training;

/// <summary>A batch of real pictures.</summary>
/// <param name="Pictures"><c>[batch, channels, side, side]</c> in [-1, 1].</param>
/// <param name="Classes">Where the training is conditional, the class of each, <c>[batch]</c>, 64-bit; else null.</param>
public readonly record struct RealBatch(Tensor Pictures, Tensor? Classes)
{
    /// <summary>Number of pictures.</summary>
    public long Size => Pictures.shape[0];
}

/// <summary>The pictures of one epoch in their shuffled order. The whole data set stays in memory as bytes.</summary>
internal sealed class EpochData : IDisposable
{
    private readonly Tensor _pixels;   // [count, 1, 28, 28] bytes
    private readonly Tensor? _classes; // [count], 64-bit
    private readonly Tensor _order;    // [count]
    private readonly int _batchSize;

    /// <param name="pictures">All there are.</param>
    /// <param name="labels">Label of each class, rising; empty where classes are not wanted.</param>
    /// <param name="batchSize">Pictures of a batch.</param>
    /// <param name="random">Says the order.</param>
    /// <param name="epoch">From 1.</param>
    public EpochData(ImageSet pictures, IReadOnlyList<byte> labels, int batchSize, RunRandom random, int epoch)
    {
        _batchSize = batchSize;
        if (labels.Count > 0) _classes = tensor(pictures.ClassesOf(labels));
        _pixels = tensor(pictures.Pixels, [pictures.Count, pictures.Channels, pictures.Height, pictures.Width], dtype: ScalarType.Byte);
        using var draw = random.At(epoch, 0, RandomPurpose.Shuffle);
        _order = randperm(pictures.Count, generator: draw);
    }

    /// <summary>The batch of a step.</summary>
    public RealBatch Batch(int step)
    {
        using var scope = NewDisposeScope();
        var chosen = _order.narrow(0, (long)step * _batchSize, _batchSize);
        var pictures = Pixels.Normalize(_pixels.index_select(0, chosen));
        return new(pictures.MoveToOuterDisposeScope(), _classes?.index_select(0, chosen).MoveToOuterDisposeScope());
    }

    public void Dispose()
    {
        _pixels.Dispose();
        _classes?.Dispose();
        _order.Dispose();
    }
}
