using GanFunctions.Core.Memory;
using static TorchSharp.torch;

namespace GanFunctions.Core.Sampling;

/// <summary>A path through latent space from seed to seed, interpolated along <see cref="Arc"/>s.</summary>
/// <param name="seeds">The seeds that the path visits, in order.</param>
/// <param name="framesBetween">Number of frames from one seed to the next.</param>
/// <param name="closed">Whether the path returns to the first seed.</param>
public sealed class LatentWalk(IReadOnlyList<long> seeds, int framesBetween, bool closed)
{
    /// <summary>Total number of frames. An open path ends on the last seed.</summary>
    public int Frames => closed ? seeds.Count * framesBetween : (seeds.Count - 1) * framesBetween + 1;

    /// <summary>The noise vector of picture <paramref name="index"/> in a frame: <c>[100]</c>.</summary>
    public Tensor Latent(int frame, int index)
    {
        using var scope = NewDisposeScope();
        var (leg, step) = Math.DivRem(frame, framesBetween);
        var from = Sampler.Latent(seeds[leg % seeds.Count], index);
        if (step == 0) return from.MoveToOuterDisposeScope();
        var to = Sampler.Latent(seeds[(leg + 1) % seeds.Count], index);
        return Arc.Between(from, to, (double)step / framesBetween).MoveToOuterDisposeScope();
    }
}

/// <summary>A square in latent space with a seed in each corner, interpolated along <see cref="Arc"/>s.</summary>
/// <param name="topLeft">Seed at (0, 0).</param>
/// <param name="topRight">Seed at (1, 0).</param>
/// <param name="bottomLeft">Seed at (0, 1).</param>
/// <param name="bottomRight">Seed at (1, 1).</param>
public sealed class LatentSquare(long topLeft, long topRight, long bottomLeft, long bottomRight)
{
    /// <summary>The noise vector at a position: <c>[100]</c>. In a corner it is the noise of picture 0 of that corner's seed.</summary>
    /// <param name="x">From 0 at the left to 1 at the right.</param>
    /// <param name="y">From 0 at the top to 1 at the bottom.</param>
    public Tensor Latent(double x, double y)
    {
        using var scope = NewDisposeScope();
        var top = Arc.Between(Sampler.Latent(topLeft, 0), Sampler.Latent(topRight, 0), x);
        var bottom = Arc.Between(Sampler.Latent(bottomLeft, 0), Sampler.Latent(bottomRight, 0), x);
        return Arc.Between(top, bottom, y).MoveToOuterDisposeScope();
    }
}

/// <summary>
/// The path from one noise vector to another along a great circle. The vectors in between keep the typical length of normal noise; those on
/// a straight line would be shorter (White 2016, arXiv:1609.04468).
/// </summary>
internal static class Arc
{
    /// <summary>Spherical linear interpolation (Shoemake 1985); <paramref name="fraction"/> is from 0 to 1.</summary>
    public static Tensor Between(Tensor from, Tensor to, double fraction)
    {
        var cosine = (from.dot(to) / (from.norm() * to.norm())).item<float>();
        var angle = Math.Acos(Math.Clamp(cosine, -1, 1));
        return Math.Sin(angle) < 1e-6
            ? from.Times(1 - fraction).Plus(to.Times(fraction)) // the vectors are parallel, such as those of the same seed: there is no unique arc
            : from.Times(Math.Sin((1 - fraction) * angle)).Plus(to.Times(Math.Sin(fraction * angle))).Over(Math.Sin(angle));
    }
}
