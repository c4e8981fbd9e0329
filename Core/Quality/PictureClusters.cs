using GanFunctions.Core.Memory;
using GanFunctions.Core.Pictures;
using GanFunctions.Core.Training;
using static GanFunctions.Core.Memory.Arithmetic;
using static TorchSharp.torch;

namespace GanFunctions.Core.Quality;

/// <summary>
/// Classes for pictures without labels: clusters of the pictures, reduced to 14x14 pixels, by k-means (Lloyd 1982). A network that learns to
/// recognise them has better features than a random one; this is one round of DeepCluster (Caron et al. 2018, arXiv:1807.05520) from
/// pixels.
/// </summary>
internal static class PictureClusters
{
    private const int Side = 14;
    private const int Rounds = 20;
    private const int Batch = 512;

    /// <summary>Assigns each picture to a cluster.</summary>
    /// <param name="pictures">The pictures.</param>
    /// <param name="count">Number of clusters, at most that of the pictures. Some may stay empty.</param>
    /// <param name="random">Chooses the pictures that the clusters start from.</param>
    /// <param name="cancellation">Cancels the work.</param>
    /// <returns>Index of the cluster of each picture, <c>[pictures]</c> int64.</returns>
    public static Tensor Of(PictureSelection pictures, int count, RunRandom random, CancellationToken cancellation)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var rows = Reduced(pictures, cancellation);
        using var draw = random.At(0, 1, RandomPurpose.ReferenceShuffle);
        var centres = rows.index_select(0, randperm(rows.shape[0], generator: draw).narrow(0, 0, count));
        var nearest = Nearest(rows, centres);
        for (var round = 0; round < Rounds; round++)
        {
            cancellation.ThrowIfCancellationRequested();
            using var roundScope = NewDisposeScope();
            var sums = zeros_like(centres).index_add_(0, nearest, rows, One);
            var sizes = nearest.bincount(weights: null, minlength: count).unsqueeze(1);
            centres = where(sizes.gt(Zero), sums / sizes.clamp_min(One), centres).MoveToOuterDisposeScope();
            nearest = Nearest(rows, centres).MoveToOuterDisposeScope();
        }
        return nearest.MoveToOuterDisposeScope();
    }

    private static Tensor Nearest(Tensor rows, Tensor centres) => (centres.Squared().sum(1) - rows.mm(centres.t()).Times(2)).argmin(1);

    private static Tensor Reduced(PictureSelection pictures, CancellationToken cancellation)
    {
        using var scope = NewDisposeScope();
        var reduced = empty(pictures.Count, pictures.Pictures.Channels * Side * Side);
        for (var start = 0; start < pictures.Count; start += Batch)
        {
            cancellation.ThrowIfCancellationRequested();
            using var batchScope = NewDisposeScope();
            var batch = pictures.Batch(start, Math.Min(Batch, pictures.Count - start));
            reduced.narrow(0, start, batch.shape[0]).copy_(nn.functional.adaptive_avg_pool2d(Pixels.Normalize(batch), [Side, Side]).flatten(1));
        }
        return reduced.MoveToOuterDisposeScope();
    }
}
