using GanFunctions.Core.Data;
using static TorchSharp.torch;

namespace GanFunctions.Core.Training;

/// <summary>The pictures of one epoch in their shuffled order. The whole data set stays in memory as bytes.</summary>
internal sealed class EpochData : IDisposable
{
    private readonly Tensor _pixels; // [count, 1, 28, 28] bytes
    private readonly Tensor _order;  // [count]
    private readonly int _batchSize;

    public EpochData(ImageSet pictures, int batchSize, RunRandom random, int epoch)
    {
        _batchSize = batchSize;
        _pixels = tensor(pictures.Pixels, [pictures.Count, pictures.Channels, pictures.Height, pictures.Width], dtype: ScalarType.Byte);
        using var draw = random.At(epoch, 0, RandomPurpose.Shuffle);
        _order = randperm(pictures.Count, generator: draw);
    }

    /// <summary>The batch of a step, <c>[batch, 1, 28, 28]</c> in [-1, 1].</summary>
    public Tensor Batch(int step)
    {
        using var scope = NewDisposeScope();
        var chosen = _pixels.index_select(0, _order.narrow(0, (long)step * _batchSize, _batchSize));
        return chosen.to(ScalarType.Float32).div_(127.5).sub_(1).MoveToOuterDisposeScope();
    }

    public void Dispose()
    {
        _pixels.Dispose();
        _order.Dispose();
    }
}
