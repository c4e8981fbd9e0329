using static TorchSharp.torch;

namespace GanFunctions.Core.Quality;

/// <summary>
/// The Fréchet distance between two sets of features, each taken for a normal distribution (Heusel et al. 2017, arXiv:1706.08500, equation 6):
/// |m1 - m2|² + tr(S1 + S2 - 2 (S1 S2)^½). All of it in float64.
/// </summary>
public static class FrechetDistance
{
    /// <summary>Mean <c>[size]</c> and covariance <c>[size, size]</c> of features <c>[count, size]</c>, count at least 2.</summary>
    public static (Tensor Mean, Tensor Covariance) MomentsOf(Tensor features)
    {
        using var scope = NewDisposeScope();
        var exact = features.to(ScalarType.Float64);
        var mean = exact.mean([0L]);
        var centred = exact - mean;
        var covariance = centred.t().mm(centred).div_(exact.shape[0] - 1);
        return (mean.MoveToOuterDisposeScope(), covariance.MoveToOuterDisposeScope());
    }

    /// <summary>The distance between two sets of features, <c>[count, size]</c> each; zero up to rounding for the same set.</summary>
    public static double Between(Tensor first, Tensor second)
    {
        using var scope = NewDisposeScope();
        return Between(MomentsOf(first), MomentsOf(second));
    }

    /// <summary>The distance between two normal distributions.</summary>
    public static double Between((Tensor Mean, Tensor Covariance) first, (Tensor Mean, Tensor Covariance) second)
    {
        using var scope = NewDisposeScope();
        // S1 S2 is not symmetric, but S1^½ S2 S1^½ is, and it has the same eigenvalues.
        var root = RootOf(first.Covariance);
        var (values, _) = linalg.eigh(root.mm(second.Covariance).mm(root));
        var shared = values.clamp_min(0).sqrt().sum();
        var apart = (first.Mean - second.Mean).square().sum();
        return (apart + first.Covariance.trace() + second.Covariance.trace() - 2 * shared).item<double>();
    }

    // Covariances have no negative eigenvalues, except by rounding.
    private static Tensor RootOf(Tensor covariance)
    {
        var (values, vectors) = linalg.eigh(covariance);
        return (vectors * values.clamp_min(0).sqrt()).mm(vectors.t());
    }
}
