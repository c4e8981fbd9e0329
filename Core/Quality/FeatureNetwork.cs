using GanFunctions.Core.Pictures;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace GanFunctions.Core.Quality;

/// <summary>
/// Turns pictures, <c>[batch, channels, side, side]</c> in [-1, 1], into the features that quality is measured in, <c>[batch, 128]</c>, and features
/// into classes: the layers of LeNet (LeCun et al. 1998) with rectifiers; the features are those of the last but one.
/// </summary>
public sealed class FeatureNetwork : nn.Module<Tensor, Tensor>
{
    /// <summary>Features of a picture.</summary>
    public const int FeatureSize = 128;

    private const int Border = 12;   // pixels that two layers of 5x5 without padding take, the second at half the size
    private const int Shrinking = 4; // two poolings

    internal const string FirstWeight = "conv1.weight";
    internal const string DenseWeight = "dense.weight";

    private readonly Conv2d conv1;
    private readonly Conv2d conv2;
    private readonly Linear dense;
    private readonly Linear? head;

    /// <summary>With weights that are still to be drawn or loaded.</summary>
    /// <param name="shape">Of the pictures.</param>
    /// <param name="classes">Classes to tell apart; 0 makes a network of features only.</param>
    public FeatureNetwork(PictureShape shape, int classes) : base(nameof(FeatureNetwork))
    {
        conv1 = nn.Conv2d(shape.Channels, 32, 5);
        conv2 = nn.Conv2d(32, 64, 5);
        var side = (shape.Side - Border) / Shrinking;
        dense = nn.Linear(64 * side * side, FeatureSize);
        if (classes > 0) head = nn.Linear(FeatureSize, classes);
        RegisterComponents(); // sees only fields already assigned: stays last
    }

    /// <summary>What pictures a stored network is for, from the shapes of two of its weights.</summary>
    internal static PictureShape ShapeOf(Tensor firstWeight, Tensor denseWeight)
    {
        var side = (int)Math.Sqrt(denseWeight.shape[1] / 64.0);
        return new(side * Shrinking + Border, (int)firstWeight.shape[1]);
    }

    /// <param name="input">Pictures, <c>[batch, channels, side, side]</c> in [-1, 1].</param>
    /// <returns>Features, <c>[batch, 128]</c>, none below zero.</returns>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var x = nn.functional.max_pool2d(conv1.call(input).relu(), 2); // [batch, 32, 12, 12]
        x = nn.functional.max_pool2d(conv2.call(x).relu(), 2);         // [batch, 64, 4, 4]
        return dense.call(x.flatten(1)).relu().MoveToOuterDisposeScope();
    }

    /// <summary>Features, <c>[batch, 128]</c>, to logits, <c>[batch, classes]</c>.</summary>
    /// <exception cref="InvalidOperationException">The network has no classes.</exception>
    public Tensor Classify(Tensor features) => (head ?? throw new InvalidOperationException("This network tells no classes apart.")).call(features);
}
