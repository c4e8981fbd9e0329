using static TorchSharp.torch;

namespace GanFunctions.Core.Quality;

/// <summary>
/// The kernel distance (KID; Binkowski et al. 2018, arXiv:1801.01401): the squared maximum mean discrepancy under the kernel
/// (x·y / size + 1)³, estimated without bias, so that it may come out below zero. The mean over blocks of 1,000 as the authors
/// take it, each picture in one block only.
/// </summary>
public static class KernelDistance
{
    private const int Block = 1000;

    /// <summary>The distance between two sets of features, <c>[count, size]</c> each, count at least 2. What does not fill a block is left out.</summary>
    public static double Between(Tensor first, Tensor second)
    {
        var count = Math.Min(first.shape[0], second.shape[0]);
        var block = Math.Min(count, Block);
        return Enumerable.Range(0, (int)(count / block)).Average(index => OfBlock(first, second, index * block, block));
    }

    private static double OfBlock(Tensor first, Tensor second, long start, long count)
    {
        using var scope = NewDisposeScope();
        var x = first.narrow(0, start, count).to(ScalarType.Float64);
        var y = second.narrow(0, start, count).to(ScalarType.Float64);
        return (MeanOfPairs(x) + MeanOfPairs(y) - 2 * Kernel(x, y).mean()).item<double>();
    }

    // Without the pairs of a picture and itself: that is what makes the estimate unbiased.
    private static Tensor MeanOfPairs(Tensor x)
    {
        var (count, kernel) = (x.shape[0], Kernel(x, x));
        return (kernel.sum() - kernel.trace()) / (count * (count - 1));
    }

    private static Tensor Kernel(Tensor x, Tensor y) => (x.mm(y.t()) / x.shape[1] + 1).pow(3);
}
