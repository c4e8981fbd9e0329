using GanFunctions.Core.Memory;
using TorchSharp;
using static GanFunctions.Core.Memory.Arithmetic;
using static TorchSharp.torch;

namespace GanFunctions.Core.Quality;

/// <summary>
/// The Fréchet distance between two sets of features, each modelled as a multivariate normal distribution (Heusel et al. 2017,
/// arXiv:1706.08500, equation 6): |m1 - m2|² + tr(S1 + S2 - 2 (S1 S2)^½). Computed in float64.
/// </summary>
public static class FrechetDistance
{
    /// <summary>Mean <c>[size]</c> and covariance <c>[size, size]</c> of features <c>[count, size]</c>; count is at least 2.</summary>
    public static (Tensor Mean, Tensor Covariance) MomentsOf(Tensor features)
    {
        using var scope = NewDisposeScope();
        var exact = features.to(ScalarType.Float64);
        var mean = exact.mean([0L]);
        var centred = exact - mean;
        using var divisor = (exact.shape[0] - 1).ToScalar();
        var covariance = centred.t().mm(centred).div_(divisor);
        return (mean.MoveToOuterDisposeScope(), covariance.MoveToOuterDisposeScope());
    }

    /// <summary>The distance between two sets of features, <c>[count, size]</c> each; zero up to rounding if they are the same.</summary>
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
        var rootTrace = values.clamp_min(Zero).sqrt().sum();
        var meanDistance = (first.Mean - second.Mean).Squared().sum();
        return (meanDistance.Plus(first.Covariance.trace()).Plus(second.Covariance.trace()) - rootTrace.Times(2)).item<double>();
    }

    // A covariance matrix has no negative eigenvalues except through rounding.
    private static Tensor RootOf(Tensor covariance)
    {
        var (values, vectors) = linalg.eigh(covariance);
        return (vectors * values.clamp_min(Zero).sqrt()).mm(vectors.t());
    }
}

/// <summary>
/// The kernel distance (KID; Binkowski et al. 2018, arXiv:1801.01401): the squared maximum mean discrepancy under the kernel
/// (x·y / size + 1)³. The estimate is unbiased, so it can be negative. As in the paper it is averaged over blocks of 1,000 pictures; here
/// every picture is in one block only.
/// </summary>
public static class KernelDistance
{
    private const int Block = 1000;
    private static readonly Scalar Degree = 3.ToScalar();

    /// <summary>
    /// The distance between two sets of features, <c>[count, size]</c> each; count is at least 2. Pictures that do not fill a block are
    /// ignored.
    /// </summary>
    public static double Between(Tensor first, Tensor second)
    {
        var count = Math.Min(first.shape[0], second.shape[0]);
        var block = Math.Min(count, Block);
        return Enumerable.Range(0, (int)(count / block)).Average(index => OfBlock(first, second, index * block, block));
    }

    private static double OfBlock(Tensor first, Tensor second, long start, long count)
    {
        using var scope = NewDisposeScope();
        var x = first.narrow(0, start, count).to(ScalarType.Float64);
        var y = second.narrow(0, start, count).to(ScalarType.Float64);
        return (MeanOfPairs(x).Plus(MeanOfPairs(y)) - Kernel(x, y).mean().Times(2)).item<double>();
    }

    // Excludes the pairs of a picture with itself, which would bias the estimate.
    private static Tensor MeanOfPairs(Tensor x)
    {
        var (count, kernel) = (x.shape[0], Kernel(x, x));
        return (kernel.sum() - kernel.trace()).Over(count * (count - 1));
    }

    private static Tensor Kernel(Tensor x, Tensor y) => x.mm(y.t()).Over(x.shape[1]).Plus(1).pow(Degree);
}

/// <summary>How much the pictures of a set differ from each other.</summary>
public static class Variety
{
    private const int MaxPictures = 1000; // half a million pairs

    /// <summary>
    /// The variety of generated pictures relative to that of real pictures, <c>[count, size]</c> features each. Null if the real pictures
    /// are nearly identical: the mean distance between two of them is at most <paramref name="noise"/> times the mean norm of their features. The
    /// ratio would then compare the generated pictures with rounding errors or compression noise.
    /// </summary>
    public static double? Of(Tensor generated, Tensor real, double noise)
    {
        using var scope = NewDisposeScope();
        var (variety, length) = (Of(real), real.to(ScalarType.Float64).norm(1).mean().item<double>());
        return variety > noise * length ? Of(generated) / variety : null;
    }

    /// <summary>
    /// Mean Euclidean distance between two different rows of <c>[count, size]</c> features, over the first 1,000 rows; count is at least 2.
    /// </summary>
    public static double Of(Tensor features)
    {
        using var scope = NewDisposeScope();
        var count = Math.Min(features.shape[0], MaxPictures);
        var x = features.narrow(0, 0, count).to(ScalarType.Float64);
        var squares = x.Squared().sum(1, keepdim: true); // [count, 1]
        var distances = (squares.Plus(squares.t()) - x.mm(x.t()).Times(2)).clamp_min_(Zero).sqrt_(); // [count, count]
        return (distances.sum() - distances.trace()).item<double>() / (count * (count - 1)); // the trace is zero up to rounding
    }
}

/// <summary>
/// Rounds measures before they are stored. Further digits only reflect the order of floating-point sums, which depends on the processor.
/// </summary>
internal static class Rounding
{
    private const int SignificantDigits = 5;

    /// <inheritdoc cref="Round(double)"/>
    public static double? Round(double? value) => value is { } number ? Round(number) : null;

    /// <summary>Rounds to five significant digits.</summary>
    public static double Round(double value)
    {
        if (value == 0 || !double.IsFinite(value)) return value;
        var decimals = SignificantDigits - 1 - (int)Math.Floor(Math.Log10(Math.Abs(value)));
        if (decimals >= 0) return Math.Round(value, Math.Min(decimals, 15));
        var unit = Math.Pow(10, -decimals);
        return Math.Round(value / unit) * unit;
    }
}
