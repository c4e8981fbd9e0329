using GanFunctions.Core.Pictures;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace GanFunctions.Core.Quality;

/// <summary>
/// LeNet (LeCun et al. 1998) with ReLU, trained on the labels of a data set. The features are those of its penultimate layer, at least zero.
/// </summary>
internal sealed class LeNet : FeatureNetwork
{
    private const int Border = 12;      // pixels lost to two unpadded 5x5 convolutions: 4, and 4 more at half the resolution
    private const int Downsampling = 4; // two poolings

    internal const string FirstWeight = "conv1.weight";
    internal const string DenseWeight = "dense.weight";

    private readonly int _reduction; // side of the squares of pixels that are averaged
    private readonly Conv2d conv1;
    private readonly Conv2d conv2;
    private readonly Linear dense;

    /// <summary>Creates a network whose weights the caller initialises or loads.</summary>
    /// <param name="shape">Shape of the pictures.</param>
    /// <param name="classes">Number of classes; 0 creates a network without a classifier.</param>
    public LeNet(PictureShape shape, int classes)
    {
        _reduction = Math.Max(1, shape.Side / MaxSide);
        BatchSize = shape.Side <= 32 ? 128 : 32;
        conv1 = nn.Conv2d(shape.Channels, 32, 5);
        conv2 = nn.Conv2d(32, 64, 5);
        var side = (shape.Side / _reduction - Border) / Downsampling;
        dense = nn.Linear(64 * side * side, FeatureSize);
        RegisterComponents(); // only sees fields that are already assigned
        AddClassifier(classes);
    }

    /// <remarks>A batch of 128 takes 60 MB for each copy of the first activations of 64x64 pictures, and there are several.</remarks>
    /// <inheritdoc/>
    public override int BatchSize { get; }

    /// <remarks>Measured: 3e-8 for equal pictures, 0.009 for one digit with noise of two grey levels, 0.56 for digits.</remarks>
    /// <inheritdoc/>
    internal override double Noise => 0.01;

    /// <summary>Infers the picture shape of a stored network from the shapes of two of its weights. The pictures are not reduced.</summary>
    internal static PictureShape ShapeOf(Tensor firstWeight, Tensor denseWeight)
    {
        var side = (int)Math.Sqrt(denseWeight.shape[1] / 64.0);
        return new(side * Downsampling + Border, (int)firstWeight.shape[1]);
    }

    /// <param name="input">Pictures, <c>[batch, channels, side, side]</c> in [-1, 1].</param>
    /// <returns>Features, <c>[batch, 128]</c>, at least zero.</returns>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var reduced = _reduction > 1 ? nn.functional.avg_pool2d(input, _reduction) : input;
        var x = MaxPool(conv1.call(reduced)).relu(); // [batch, 32, 12, 12] for a side of 28
        x = MaxPool(conv2.call(x)).relu();           // [batch, 64, 4, 4]
        return dense.call(x.flatten(1)).relu().MoveToOuterDisposeScope();
    }

    /// <summary>
    /// The maximum of each square of 2x2; rows and columns are even in number here. Without gradients, the maximum of rows and then of columns gives
    /// the same bytes, many times as fast as max_pool2d.
    /// </summary>
    private static Tensor MaxPool(Tensor x) => is_grad_enabled() ? nn.functional.max_pool2d(x, 2) : LargerOfPairs(LargerOfPairs(x, 2), 3);

    private static Tensor LargerOfPairs(Tensor x, long dimension)
    {
        var size = x.shape[dimension];
        return maximum(x.slice(dimension, 0, size, 2), x.slice(dimension, 1, size, 2));
    }
}
