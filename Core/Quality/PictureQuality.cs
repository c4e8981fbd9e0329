using System.Text.Json.Serialization;
using GanFunctions.Core.Pictures;

namespace GanFunctions.Core.Quality;

/// <summary>
/// Quality of generated pictures, compared with held-out real pictures in the feature space of a quality reference.
/// </summary>
/// <param name="Samples">Number of generated pictures that were measured.</param>
/// <param name="FrechetDistance">
/// Fréchet distance between generated and held-out pictures; lower is better. Values are comparable only for the same quality reference and
/// the same number of samples.
/// </param>
/// <param name="KernelDistance">
/// Kernel distance between the same pictures; lower is better, and close to zero (possibly negative) if the sets cannot be told apart.
/// </param>
/// <param name="Baseline">
/// Fréchet distance between the same number of training pictures (or all, if there are fewer) and the held-out pictures: the best value to
/// expect.
/// </param>
/// <param name="KernelBaseline">Kernel distance between the same training pictures and the held-out pictures.</param>
/// <param name="Variety">
/// Mean feature distance between two generated pictures, relative to that between two real pictures; 1 is as diverse as real pictures. Null
/// if the real pictures are nearly identical.
/// </param>
/// <param name="Reference">SHA-256 of the quality reference.</param>
/// <param name="Classes">Distribution of classes among the pictures; null if the data set has no labels.</param>
/// <param name="Precision">
/// Share of the generated pictures that lie on the manifold of the real ones: low if pictures are unrealistic. This and the following
/// values are null if an earlier version measured the quality.
/// </param>
/// <param name="Recall">Share of the real pictures that lie on the manifold of the generated ones: low if kinds of pictures are missing.</param>
/// <param name="Density">
/// How many neighbourhoods of real pictures a generated picture lies in, relative to what is expected of real ones: like precision, but
/// robust to outliers. About 1 for real pictures; it can be greater.
/// </param>
/// <param name="Coverage">
/// Share of the real pictures with a generated picture in their neighbourhood: like recall, but robust to outliers. About 0.97 for real
/// pictures.
/// </param>
public sealed record PictureQuality(
    int Samples, double FrechetDistance, double KernelDistance,
    [property: JsonPropertyName("floor")] double Baseline,
    [property: JsonPropertyName("kernelFloor")] double KernelBaseline,
    double? Variety,
    [property: JsonPropertyName("ruler")] string Reference,
    ClassCoverage? Classes,
    double? Precision = null, double? Recall = null, double? Density = null, double? Coverage = null)
{
    /// <summary>This quality with the names of the classes.</summary>
    public PictureQuality WithNames(ClassLabels classes) => this with { Classes = Classes?.WithNames(classes) };
}

/// <summary>The epoch with the lowest Fréchet distance so far.</summary>
/// <param name="Epoch">The epoch, from 1.</param>
/// <param name="FrechetDistance">Its Fréchet distance.</param>
/// <param name="LargestShare">Share of its most frequent class; null if the data set has no labels.</param>
/// <param name="Reference">SHA-256 of the quality reference it was measured with.</param>
public sealed record BestEpoch(
    int Epoch, double FrechetDistance, double? LargestShare, [property: JsonPropertyName("ruler")] string Reference)
{
    /// <summary>
    /// The better of <paramref name="best"/> and an epoch that was just measured; the earlier one on a tie. Distances measured with
    /// different quality references are not comparable: if the reference has changed, the new epoch is the best.
    /// </summary>
    public static BestEpoch? Of(BestEpoch? best, int epoch, PictureQuality? quality)
    {
        if (quality is null || (best?.Reference == quality.Reference && best.FrechetDistance <= quality.FrechetDistance)) return best;
        return new BestEpoch(epoch, quality.FrechetDistance, quality.Classes?.LargestShare, quality.Reference);
    }
}
