using TorchSharp;
using static TorchSharp.torch;

namespace GanFunctions.Core.Quality;

/// <summary>
/// Compares generated with real pictures by balls in feature space that reach from a picture to its k-th nearest neighbour in the same set.
/// Precision and recall are those of Kynkäänniemi et al. 2019 (arXiv:1904.06991) with their k = 3, density and coverage those of Naeem et
/// al. 2020 (arXiv:2002.09797) with their k = 5. A picture on the surface of a ball lies in it.
/// </summary>
/// <remarks>
/// As in both papers the two sets have the same size, here the smaller count and at most 2,000. 2,000 pictures of each kind take 12 million
/// distances, a second on one core, and 16 MB of memory: a block of 500 rows at a time.
/// </remarks>
public static class Manifolds
{
    /// <summary>Maximum number of pictures of each kind; the first ones are used.</summary>
    public const int MaxPictures = 2000;

    private const int Block = 500;
    private const int ManifoldNeighbours = 3;
    private const int DensityNeighbours = 5;

    /// <summary>Precision, recall and coverage, from 0 to 1, and density, at least 0. Computed in float64.</summary>
    /// <param name="generated">Features of generated pictures, <c>[count, size]</c>; count is at least 2.</param>
    /// <param name="real">Features of real pictures, <c>[count, size]</c>; count is at least 2.</param>
    public static (double Precision, double Recall, double Density, double Coverage) Compare(Tensor generated, Tensor real)
    {
        using var scope = NewDisposeScope();
        var count = Math.Min(Math.Min(generated.shape[0], real.shape[0]), MaxPictures);
        var fake = generated.narrow(0, 0, count).to(ScalarType.Float64);
        var held = real.narrow(0, 0, count).to(ScalarType.Float64);
        var fakeRadii = RadiiOf(fake, ManifoldNeighbours)[0]; // [1, count]
        var heldRadii = RadiiOf(held, ManifoldNeighbours, DensityNeighbours);

        var inHeld = zeros(count, ScalarType.Bool);  // for each generated picture, whether it lies on the real manifold
        var (inFake, covered, balls) = (0.0, 0.0, 0.0);
        for (var start = 0L; start < count; start += Block)
        {
            using var blockScope = NewDisposeScope();
            var rows = Math.Min(Block, count - start);
            var distances = Distances(held.narrow(0, start, rows), fake); // [rows, count]
            inFake += SumOf(distances.le(fakeRadii).any(1));
            inHeld.logical_or_(distances.le(heldRadii[0].narrow(1, start, rows).t()).any(0));
            var inBall = distances.le(heldRadii[1].narrow(1, start, rows).t());
            balls += SumOf(inBall);
            covered += SumOf(inBall.any(1));
        }
        var neighbours = Math.Min(DensityNeighbours, count - 1);
        return (SumOf(inHeld) / count, inFake / count, balls / (neighbours * count), covered / count);
    }

    /// <summary>For each number of neighbours, the distance of every row to that neighbour, <c>[1, count]</c>, or to its furthest if there are fewer.</summary>
    private static Tensor[] RadiiOf(Tensor features, params int[] neighbours)
    {
        using var scope = NewDisposeScope();
        var count = features.shape[0];
        var blocks = neighbours.Select(_ => new List<Tensor>()).ToList();
        for (var start = 0L; start < count; start += Block)
        {
            using var blockScope = NewDisposeScope();
            var distances = Distances(features.narrow(0, start, Math.Min(Block, count - start)), features);
            foreach (var (index, number) in neighbours.Index())
            {
                var rank = Math.Min(number, count - 1) + 1; // the nearest of all is the picture itself
                blocks[index].Add(distances.kthvalue(rank, 1, false).values.MoveToOuterDisposeScope());
            }
        }
        return [.. blocks.Select(each => cat(each).unsqueeze(0).MoveToOuterDisposeScope())];
    }

    // By differences, not by a matrix product, which would give equal pictures a distance by rounding.
    private static Tensor Distances(Tensor rows, Tensor columns) =>
        cdist(rows, columns, 2, compute_mode.donot_use_mm_for_euclid_dist);

    private static double SumOf(Tensor flags) => flags.sum(ScalarType.Int64).item<long>();
}
