using static TorchSharp.torch;

namespace GanFunctions.Core.Sampling;

/// <summary>A way through latent space from seed to seed, on <see cref="Arc"/>s.</summary>
/// <param name="seeds">Where it leads past.</param>
/// <param name="framesBetween">Steps from one seed to the next.</param>
/// <param name="closed">Whether it leads back to the first.</param>
public sealed class LatentWalk(IReadOnlyList<long> seeds, int framesBetween, bool closed)
{
    /// <summary>Steps in all; a way that is not closed ends on the last seed.</summary>
    public int Frames => closed ? seeds.Count * framesBetween : (seeds.Count - 1) * framesBetween + 1;

    /// <summary>The noise of picture <paramref name="index"/> at a step: <c>[100]</c>.</summary>
    public Tensor Latent(int frame, int index)
    {
        using var scope = NewDisposeScope();
        var (leg, place) = Math.DivRem(frame, framesBetween);
        var from = Sampler.Latent(seeds[leg % seeds.Count], index);
        if (place == 0) return from.MoveToOuterDisposeScope();
        return Arc.Between(from, Sampler.Latent(seeds[(leg + 1) % seeds.Count], index), (double)place / framesBetween).MoveToOuterDisposeScope();
    }
}

/// <summary>A square of latent space with a seed in each corner, on <see cref="Arc"/>s.</summary>
/// <param name="topLeft">Seed at (0, 0).</param>
/// <param name="topRight">Seed at (1, 0).</param>
/// <param name="bottomLeft">Seed at (0, 1).</param>
/// <param name="bottomRight">Seed at (1, 1).</param>
public sealed class LatentSquare(long topLeft, long topRight, long bottomLeft, long bottomRight)
{
    /// <summary>The noise at a place: <c>[100]</c>. In a corner it is that of picture 0 of its seed.</summary>
    /// <param name="x">0, on the left, to 1.</param>
    /// <param name="y">0, on top, to 1.</param>
    public Tensor Latent(double x, double y)
    {
        using var scope = NewDisposeScope();
        var top = Arc.Between(Sampler.Latent(topLeft, 0), Sampler.Latent(topRight, 0), x);
        var bottom = Arc.Between(Sampler.Latent(bottomLeft, 0), Sampler.Latent(bottomRight, 0), x);
        return Arc.Between(top, bottom, y).MoveToOuterDisposeScope();
    }
}

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
