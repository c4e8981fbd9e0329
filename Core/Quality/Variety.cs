using static TorchSharp.torch;

namespace GanFunctions.Core.Quality;

/// <summary>How different from each other the pictures of a set are.</summary>
public static class Variety
{
    private const int Enough = 1000; // half a million pairs

    /// <summary>The variety of generated pictures as a multiple of that of real ones; 1 where the real ones are all the same.</summary>
    public static double Of(Tensor generated, Tensor real) => Of(real) is > 0 and var most ? Of(generated) / most : 1;

    /// <summary>Mean Euclidean distance between two different rows of <c>[count, size]</c> features, over the first thousand; count at least 2.</summary>
    public static double Of(Tensor features)
    {
        using var scope = NewDisposeScope();
        var count = Math.Min(features.shape[0], Enough);
        var x = features.narrow(0, 0, count).to(ScalarType.Float64);
        var squares = x.square().sum(1, keepdim: true); // [count, 1]
        var distances = (squares + squares.t() - 2 * x.mm(x.t())).clamp_min_(0).sqrt_(); // [count, count]
        return (distances.sum() - distances.trace()).item<double>() / (count * (count - 1)); // a row differs from itself by rounding only
    }
}
