using GanFunctions.Core.Pictures;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace GanFunctions.Core.Model;

/// <summary>
/// Tells real pictures from generated ones: <c>[batch, channels, side, side]</c> in, logits <c>[batch, 1]</c> out, positive for real.
/// <list type="table">
/// <item><term>28x28</term><description>channels x 28x28 -> 64 x 14x14 -> 128 x 7x7 -> 6,272 features -> 1</description></item>
/// <item><term>32x32</term><description>channels x 32x32 -> 64 x 16x16 -> 128 x 8x8 -> 8,192 features -> 1</description></item>
/// <item><term>64x64</term><description>channels x 64x64 -> 64 x 32x32 -> 128 x 16x16 -> 256 x 8x8 -> 16,384 features -> 1</description></item>
/// </list>
/// For MNIST that is 213,633 numbers with buffers, 213,249 of them trainable; a conditional one has 6,272 more for each class.
/// </summary>
public sealed class Discriminator : nn.Module<Tensor, Tensor?, Tensor?, Tensor>
{
    /// <summary>Slope of LeakyReLU below zero, in both networks.</summary>
    public const double Leak = 0.2;

    private readonly List<(Conv2d Down, BatchNorm2d Norm)> _layers = [];
    private readonly Linear _dense;
    private readonly Embedding? _classes;

    /// <param name="norm">Momentum and epsilon of the batch normalisations.</param>
    /// <param name="shape">What it is shown.</param>
    /// <param name="classCount">
    /// Classes it is told; 0 where it is not conditional. A class is an embedding whose product with the features is added to the logit
    /// (the projection of Miyato and Koyama 2018, arXiv:1802.05637).
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">There is no discriminator of that shape.</exception>
    public Discriminator(BatchNormSettings norm, PictureShape shape, int classCount = 0) : base(nameof(Discriminator))
    {
        if (!shape.IsKnown) throw new ArgumentOutOfRangeException(nameof(shape), shape, "There is no discriminator of such pictures.");
        int[] widths = shape.Side == 64 ? [shape.Channels, 64, 128, 256] : [shape.Channels, 64, 128];
        for (var layer = 1; layer < widths.Length; layer++)
        {
            var (down, normal) = (nn.Conv2d(widths[layer - 1], widths[layer], 5, stride: 2, padding: 2), nn.BatchNorm2d(widths[layer], norm.Epsilon, norm.UpdateShare));
            register_module($"down{layer}", down);
            register_module($"norm{layer}", normal);
            _layers.Add((down, normal));
        }
        var lastSide = shape.Side >> _layers.Count;
        FeatureSize = widths[^1] * lastSide * lastSide;
        register_module("dense", _dense = nn.Linear(FeatureSize, 1));
        if (classCount > 0) register_module("classes", _classes = nn.Embedding(classCount, FeatureSize));
    }

    /// <summary>Length of the flattened features in front of the last layer, where dropout acts.</summary>
    public int FeatureSize { get; }

    /// <inheritdoc cref="Generator.Arithmetic"/>
    public ScalarType Arithmetic { get; set; } = ScalarType.Float32;

    /// <param name="pictures"><c>[batch, channels, side, side]</c> in [-1, 1].</param>
    /// <param name="dropout">
    /// <c>[batch, <see cref="FeatureSize"/>]</c>, zero where a feature is dropped and 1 / (1 - rate) elsewhere; null drops nothing. Drawn by
    /// the caller, since a layer of its own would draw from the process-wide generator.
    /// </param>
    /// <param name="shown">Where it is conditional, the class of each picture, <c>[batch]</c>, 64-bit; null where it is not.</param>
    /// <returns>Logits, <c>[batch, 1]</c>.</returns>
    public override Tensor forward(Tensor pictures, Tensor? dropout, Tensor? shown)
    {
        using var scope = NewDisposeScope();
        var x = Layout.ChannelsLast(pictures);
        foreach (var (down, norm) in _layers) x = norm.call(Activate(Halve(x, down))); // [batch, 64, 14, 14], then [batch, 128, 7, 7]
        x = x.flatten(1);                                                               // [batch, 6272]
        if (dropout is not null) x = x * dropout.to(Arithmetic);
        x = x.to(ScalarType.Float32);
        var logits = _dense.call(x);                                                    // [batch, 1]
        if (_classes is not null) logits = logits + (_classes.call(shown!) * x).sum(1, keepdim: true);
        return logits.MoveToOuterDisposeScope();
    }

    private Tensor Halve(Tensor x, Conv2d layer) => nn.functional.conv2d(
        x.to(Arithmetic), layer.weight!.to(Arithmetic), layer.bias!.to(Arithmetic), strides: [2, 2], padding: [2, 2]);

    private static Tensor Activate(Tensor x) => nn.functional.leaky_relu(x, Leak);
}
