using static TorchSharp.torch;

namespace GanFunctions.Core.Sampling;

/// <summary>
/// The way from one noise to another on a great circle: what lies between two normals keeps their length, which a straight line would cut
/// (White 2016, arXiv:1609.04468).
/// </summary>
internal static class Arc
{
    /// <summary>Spherical interpolation (Shoemake 1985); <paramref name="share"/> from 0 to 1.</summary>
    public static Tensor Between(Tensor from, Tensor to, double share)
    {
        var cosine = (from.dot(to) / (from.norm() * to.norm())).item<float>();
        var angle = Math.Acos(Math.Clamp(cosine, -1, 1));
        return Math.Sin(angle) < 1e-6
            ? from * (1 - share) + to * share // the same seed twice: no arc to go along
            : (from * Math.Sin((1 - share) * angle) + to * Math.Sin(share * angle)) / Math.Sin(angle);
    }
}
