using GanFunctions.Core.Pictures;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace GanFunctions.Core.Model;

/// <summary>
/// Classifies pictures as real or generated: <c>[batch, channels, side, side]</c> in, logits <c>[batch, 1]</c> out, positive for real.
/// <list type="table">
/// <item><term>28x28</term><description>channels x 28x28 -> 64 x 14x14 -> 128 x 7x7 -> 6,272 features -> 1</description></item>
/// <item><term>32x32</term><description>channels x 32x32 -> 64 x 16x16 -> 128 x 8x8 -> 8,192 features -> 1</description></item>
/// <item><term>64x64</term><description>channels x 64x64 -> 64 x 32x32 -> 128 x 16x16 -> 256 x 8x8 -> 16,384 features -> 1</description></item>
/// </list>
/// For MNIST it has 213,633 values including buffers, of which 213,249 are trainable. A conditional discriminator has 6,272 more per class.
/// </summary>
public sealed class Discriminator : nn.Module<Tensor, Tensor?, Tensor?, Tensor>
{
    /// <summary>Negative slope of leaky ReLU, in both networks.</summary>
    public const double Leak = 0.2;

    private readonly List<(Conv2d Down, BatchNorm2d Norm)> _layers = [];
    private readonly Linear _dense;
    private readonly Embedding? _classes;

    /// <param name="norm">Momentum and epsilon of the batch normalisations.</param>
    /// <param name="shape">Shape of the pictures.</param>
    /// <param name="classCount">
    /// Number of classes; 0 for an unconditional discriminator. The inner product of the class embedding and the features is added to the
    /// logit (projection discriminator, Miyato and Koyama 2018, arXiv:1802.05637).
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">The shape is not supported.</exception>
    public Discriminator(BatchNormSettings norm, PictureShape shape, int classCount = 0) : base(nameof(Discriminator))
    {
        if (!shape.IsKnown) throw new ArgumentOutOfRangeException(nameof(shape), shape, "The discriminator does not support this picture shape.");
        int[] widths = shape.Side == 64 ? [shape.Channels, 64, 128, 256] : [shape.Channels, 64, 128];
        for (var layer = 1; layer < widths.Length; layer++)
        {
            var down = nn.Conv2d(widths[layer - 1], widths[layer], 5, stride: 2, padding: 2);
            var normal = nn.BatchNorm2d(widths[layer], norm.Epsilon, norm.UpdateShare);
            register_module($"down{layer}", down);
            register_module($"norm{layer}", normal);
            _layers.Add((down, normal));
        }
        var lastSide = shape.Side >> _layers.Count;
        FeatureSize = widths[^1] * lastSide * lastSide;
        register_module("dense", _dense = nn.Linear(FeatureSize, 1));
        if (classCount > 0) register_module("classes", _classes = nn.Embedding(classCount, FeatureSize));
    }

    /// <summary>Number of flattened features that the last layer takes. Dropout is applied to these features.</summary>
    public int FeatureSize { get; }

    /// <inheritdoc cref="Generator.ComputeType"/>
    public ScalarType ComputeType { get; set; } = ScalarType.Float32;

    /// <param name="pictures"><c>[batch, channels, side, side]</c> in [-1, 1].</param>
    /// <param name="dropout">
    /// <c>[batch, <see cref="FeatureSize"/>]</c>, zero where a feature is dropped and 1 / (1 - rate) elsewhere; null for no dropout. The
    /// caller draws the mask, because a dropout layer would draw from the process-wide random generator.
    /// </param>
    /// <param name="classes">The class of each picture, <c>[batch]</c>, int64; null if the discriminator is unconditional.</param>
    /// <returns>Logits, <c>[batch, 1]</c>.</returns>
    public override Tensor forward(Tensor pictures, Tensor? dropout, Tensor? classes)
    {
        using var scope = NewDisposeScope();
        var x = Layout.ChannelsLast(pictures);
        foreach (var (down, norm) in _layers) x = norm.call(Activate(Downsample(x, down))); // [batch, 64, 14, 14], then [batch, 128, 7, 7]
        x = x.flatten(1);                                                               // [batch, 6272]
        if (dropout is not null) x = x * dropout.to(ComputeType);
        x = x.to(ScalarType.Float32);
        var logits = _dense.call(x);                                                    // [batch, 1]
        if (_classes is not null) logits = logits + (_classes.call(classes!) * x).sum(1, keepdim: true);
        return logits.MoveToOuterDisposeScope();
    }

    private Tensor Downsample(Tensor x, Conv2d layer) => nn.functional.conv2d(
        x.to(ComputeType), layer.weight!.to(ComputeType), layer.bias!.to(ComputeType), strides: [2, 2], padding: [2, 2]);

    private static Tensor Activate(Tensor x) => nn.functional.leaky_relu(x, Leak);
}
