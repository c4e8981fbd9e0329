using static TorchSharp.torch;

namespace GanFunctions.Core.Sampling;

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
