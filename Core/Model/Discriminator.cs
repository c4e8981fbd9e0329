using GanFunctions.Core.Memory;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace GanFunctions.Core.Model;

/// <summary>
/// Classifies pictures as real or generated: <c>[batch, channels, side, side]</c> in, logits <c>[batch, 1]</c> out, positive for real. The
/// families differ in the layers that turn a picture into features.
/// </summary>
public abstract class Discriminator : nn.Module<Tensor, Tensor?, Tensor?, Tensor>
{
    /// <summary>Slope of LeakyReLU below zero, in all networks.</summary>
    public const double Leak = 0.2;

    private static readonly Scalar Slope = Leak.ToScalar(); // not a temporary, which a garbage collection would free during the native call

    private Linear? _hidden;
    private Linear _dense = null!;
    private Embedding? _classes;

    private protected Discriminator() : base(nameof(Discriminator))
    {
    }

    /// <summary>Number of flattened features of the convolutions, where dropout is applied.</summary>
    public int FeatureSize { get; private set; }

    /// <inheritdoc cref="Generator.ComputeType"/>
    public ScalarType ComputeType { get; set; } = ScalarType.Float32;

    /// <param name="pictures"><c>[batch, channels, side, side]</c> in [-1, 1].</param>
    /// <param name="dropout">
    /// <c>[batch, <see cref="FeatureSize"/>]</c>, zero where a feature is dropped and 1 / (1 - rate) elsewhere; null drops nothing. The
    /// caller draws the mask, because a dropout layer would draw from the process-wide random generator.
    /// </param>
    /// <param name="classes">The class of each picture, <c>[batch]</c>, int64; null if the discriminator is unconditional.</param>
    /// <returns>Logits, <c>[batch, 1]</c>.</returns>
    public sealed override Tensor forward(Tensor pictures, Tensor? dropout, Tensor? classes)
    {
        using var scope = NewDisposeScope();
        var x = Features(Layout.ChannelsLast(pictures)).flatten(1);                     // [batch, FeatureSize]
        if (dropout is not null) x = x * dropout.to(ComputeType);
        x = x.to(ScalarType.Float32);
        if (_hidden is not null) x = Activate(_hidden.call(x));                         // [batch, hidden units]
        var logits = _dense.call(x);                                                    // [batch, 1]
        if (_classes is not null) logits = logits.Plus((_classes.call(classes!) * x).sum(1, keepdim: true));
        return logits.MoveToOuterDisposeScope();
    }

    /// <summary>Computes the features of pictures: <c>[batch, channels, side, side]</c> to <c>[batch, width, rows, columns]</c>.</summary>
    private protected abstract Tensor Features(Tensor pictures);

    /// <summary>
    /// Registers the last layers; a subclass calls this after its own layers. The inner product of the class embedding and the input of the last
    /// layer is added to the logit (projection discriminator, Miyato and Koyama 2018, arXiv:1802.05637).
    /// </summary>
    /// <param name="featureSize">Number of flattened features.</param>
    /// <param name="head">The layers.</param>
    private protected void RegisterHead(int featureSize, DiscriminatorHead head)
    {
        FeatureSize = featureSize;
        var last = head.HiddenUnits > 0 ? head.HiddenUnits : FeatureSize;
        if (head.HiddenUnits > 0) register_module("hidden", _hidden = nn.Linear(FeatureSize, last));
        register_module("dense", _dense = nn.Linear(last, 1));
        if (head.ClassCount > 0) register_module("classes", _classes = nn.Embedding(head.ClassCount, last));
    }

    /// <summary>A convolution in the compute type, followed by leaky ReLU.</summary>
    private protected Tensor Downsample(Tensor x, Conv2d layer) => Activate(nn.functional.conv2d(
        x.to(ComputeType), layer.weight!.to(ComputeType), layer.bias!.to(ComputeType), strides: layer.stride, padding: layer.padding!));

    internal static Tensor Activate(Tensor x) => x.leaky_relu(Slope);
}

/// <summary>The layers that turn a discriminator's features into a logit.</summary>
/// <param name="ClassCount">Number of classes; 0 for an unconditional discriminator.</param>
/// <param name="HiddenUnits">
/// Units of a fully connected layer before the last one; 0 for none. Without it a logit is a sum over the places of a picture, and a generator
/// that draws the eyes of a face everywhere is judged as well as one that draws two.
/// </param>
public readonly record struct DiscriminatorHead(int ClassCount = 0, int HiddenUnits = 0);
