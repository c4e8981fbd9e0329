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
