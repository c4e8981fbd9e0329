using GanFunctions.Core.Pictures;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace GanFunctions.Core.Quality;

/// <summary>
/// The feature extractor and classifier of a quality reference: LeNet (LeCun et al. 1998) with ReLU. Maps pictures,
/// <c>[batch, channels, side, side]</c> in [-1, 1], to the features of its penultimate layer, <c>[batch, 128]</c>, and features to class
/// logits.
/// </summary>
public sealed class FeatureNetwork : nn.Module<Tensor, Tensor>
{
    /// <summary>Number of features of a picture.</summary>
    public const int FeatureSize = 128;

    private const int Border = 12;      // pixels lost to two unpadded 5x5 convolutions: 4, and 4 more at half the resolution
    private const int Downsampling = 4; // two poolings

    internal const string FirstWeight = "conv1.weight";
    internal const string DenseWeight = "dense.weight";

    private readonly Conv2d conv1;
    private readonly Conv2d conv2;
    private readonly Linear dense;
    private readonly Linear? head;

    /// <summary>Creates a network whose weights the caller initialises or loads.</summary>
    /// <param name="shape">Shape of the pictures.</param>
    /// <param name="classes">Number of classes; 0 creates a network without a classifier.</param>
    public FeatureNetwork(PictureShape shape, int classes) : base(nameof(FeatureNetwork))
    {
        conv1 = nn.Conv2d(shape.Channels, 32, 5);
        conv2 = nn.Conv2d(32, 64, 5);
        var side = (shape.Side - Border) / Downsampling;
        dense = nn.Linear(64 * side * side, FeatureSize);
        if (classes > 0) head = nn.Linear(FeatureSize, classes);
        RegisterComponents(); // must be last: it only sees fields that are already assigned
    }

    /// <summary>Infers the picture shape of a stored network from the shapes of two of its weights.</summary>
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
        var x = nn.functional.max_pool2d(conv1.call(input).relu(), 2); // [batch, 32, 12, 12] for a side of 28
        x = nn.functional.max_pool2d(conv2.call(x).relu(), 2);         // [batch, 64, 4, 4]
        return dense.call(x.flatten(1)).relu().MoveToOuterDisposeScope();
    }

    /// <summary>Maps features, <c>[batch, 128]</c>, to logits, <c>[batch, classes]</c>.</summary>
    /// <exception cref="InvalidOperationException">The network has no classifier.</exception>
    public Tensor Classify(Tensor features) => (head ?? throw new InvalidOperationException("The network has no classifier.")).call(features);
}
