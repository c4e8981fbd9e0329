using GanFunctions.Core.Pictures;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace GanFunctions.Core.Quality;

/// <summary>
/// The feature extractor and classifier of a quality reference: LeNet (LeCun et al. 1998) with ReLU. Maps pictures,
/// <c>[batch, channels, side, side]</c> in [-1, 1], to the features of its penultimate layer, <c>[batch, 128]</c>, and features to class
/// logits. Pictures above 64x64 are reduced to that by averaging, which bounds time and memory: it keeps what distinguishes pictures, while
/// a further stage would need a longer training and four times the memory.
/// </summary>
public sealed class FeatureNetwork : nn.Module<Tensor, Tensor>
{
    /// <summary>Number of features of a picture.</summary>
    public const int FeatureSize = 128;

    private const int Border = 12;      // pixels lost to two unpadded 5x5 convolutions: 4, and 4 more at half the resolution
    private const int Downsampling = 4; // two poolings

    private const int MaxSide = 64;

    internal const string FirstWeight = "conv1.weight";
    internal const string DenseWeight = "dense.weight";

    private readonly int _reduction; // side of the squares of pixels that are averaged
    private readonly Conv2d conv1;
    private readonly Conv2d conv2;
    private readonly Linear dense;
    private readonly Linear? head;

    /// <summary>Creates a network whose weights the caller initialises or loads.</summary>
    /// <param name="shape">Shape of the pictures.</param>
    /// <param name="classes">Number of classes; 0 creates a network without a classifier.</param>
    public FeatureNetwork(PictureShape shape, int classes) : base(nameof(FeatureNetwork))
    {
        _reduction = IsReduced(shape) ? shape.Side / MaxSide : 1;
        BatchSize = BatchSizeOf(shape);
        conv1 = nn.Conv2d(shape.Channels, 32, 5);
        conv2 = nn.Conv2d(32, 64, 5);
        var side = (shape.Side / _reduction - Border) / Downsampling;
        dense = nn.Linear(64 * side * side, FeatureSize);
        if (classes > 0) head = nn.Linear(FeatureSize, classes);
        RegisterComponents(); // must be last: it only sees fields that are already assigned
    }

    /// <summary>
    /// Number of pictures to pass at a time, forwards or backwards. It affects the rounding of the results, because the batch size selects
    /// the kernels. A batch of 128 takes 60 MB for each copy of the first activations of 64x64 pictures, and there are several.
    /// </summary>
    public int BatchSize { get; }

    /// <inheritdoc cref="BatchSize"/>
    internal static int BatchSizeOf(PictureShape shape) => shape.Side <= 32 ? 128 : 32;

    /// <summary>Whether pictures of this shape are reduced, so that <see cref="ShapeOf"/> cannot infer it.</summary>
    internal static bool IsReduced(PictureShape shape) => shape.Side > MaxSide;

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

    /// <summary>Maps features, <c>[batch, 128]</c>, to logits, <c>[batch, classes]</c>.</summary>
    /// <exception cref="InvalidOperationException">The network has no classifier.</exception>
    public Tensor Classify(Tensor features) => (head ?? throw new InvalidOperationException("The network has no classifier.")).call(features);
}
