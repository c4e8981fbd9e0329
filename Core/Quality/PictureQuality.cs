namespace GanFunctions.Core.Quality;

/// <summary>How good the pictures are that a generator draws: compared with held-out real ones, in the features of a <see cref="Ruler"/>.</summary>
/// <param name="Samples">Pictures that were drawn for it.</param>
/// <param name="FrechetDistance">Between their features (<see cref="Quality.FrechetDistance"/>); lower is better. Comparable between runs of the same ruler and count.</param>
/// <param name="KernelDistance">Between the same (<see cref="Quality.KernelDistance"/>); lower is better, and about zero where the two cannot be told apart.</param>
/// <param name="Floor">The Fréchet distance of as many training pictures, where there are so many, to the same held-out ones.</param>
/// <param name="KernelFloor">The kernel distance of the same.</param>
/// <param name="Variety">Mean distance between the features of two generated pictures, as a multiple of that between two real ones.</param>
/// <param name="Ruler">SHA-256 of the ruler's file.</param>
/// <param name="Classes">What they show; null where the data has no labels.</param>
public sealed record PictureQuality(
    int Samples, double FrechetDistance, double KernelDistance, double Floor, double KernelFloor, double Variety, string Ruler, ClassCoverage? Classes);

/// <summary>The epoch with the lowest Fréchet distance so far.</summary>
/// <param name="Epoch">From 1.</param>
/// <param name="FrechetDistance">Its distance.</param>
/// <param name="LargestShare">Its largest class's share; null where the data has no labels.</param>
/// <param name="Ruler">SHA-256 of the ruler it was measured with.</param>
public sealed record BestEpoch(int Epoch, double FrechetDistance, double? LargestShare, string Ruler)
{
    /// <summary>
    /// The better of <paramref name="best"/> and an epoch just measured; the earlier one when they are as good. Where the ruler is another one,
    /// say of a later version, the two do not compare, and the search begins anew.
    /// </summary>
    public static BestEpoch? Of(BestEpoch? best, int epoch, PictureQuality? quality)
    {
        if (quality is null || (best?.Ruler == quality.Ruler && best.FrechetDistance <= quality.FrechetDistance)) return best;
        return new BestEpoch(epoch, quality.FrechetDistance, quality.Classes?.LargestShare, quality.Ruler);
    }
}
