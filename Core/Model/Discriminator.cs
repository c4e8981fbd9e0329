using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace GanFunctions.Core.Model;

/// <summary>
/// Tells real pictures from generated ones: <c>[batch, 1, 28, 28]</c> in, logits <c>[batch, 1]</c> out, positive for real.
/// 213,633 numbers with buffers, 213,249 of them trainable; a conditional one has 6,272 more for each class.
/// </summary>
public sealed class Discriminator : nn.Module<Tensor, Tensor?, Tensor?, Tensor>
{
    /// <summary>Slope of LeakyReLU below zero, in both networks.</summary>
    public const double Leak = 0.2;

    /// <summary>Length of the flattened features in front of the last layer, where dropout acts.</summary>
    public const int FeatureSize = 128 * 7 * 7;

    private readonly Conv2d down1;
    private readonly BatchNorm2d norm1;
    private readonly Conv2d down2;
    private readonly BatchNorm2d norm2;
    private readonly Linear dense;
    private readonly Embedding? classes;

    /// <param name="norm">Momentum and epsilon of the two batch normalisations.</param>
    /// <param name="classCount">
    /// Classes it is told; 0 where it is not conditional. A class is an embedding whose product with the features is added to the logit
    /// (the projection of Miyato and Koyama 2018, arXiv:1802.05637).
    /// </param>
    public Discriminator(BatchNormSettings norm, int classCount = 0) : base(nameof(Discriminator))
    {
        down1 = nn.Conv2d(1, 64, 5, stride: 2, padding: 2);
        norm1 = nn.BatchNorm2d(64, norm.Epsilon, norm.UpdateShare);
        down2 = nn.Conv2d(64, 128, 5, stride: 2, padding: 2);
        norm2 = nn.BatchNorm2d(128, norm.Epsilon, norm.UpdateShare);
        dense = nn.Linear(FeatureSize, 1);
        if (classCount > 0) classes = nn.Embedding(classCount, FeatureSize);
        RegisterComponents(); // sees only fields already assigned: stays last
    }

    /// <inheritdoc cref="Generator.Arithmetic"/>
    public ScalarType Arithmetic { get; set; } = ScalarType.Float32;

    /// <param name="pictures"><c>[batch, 1, 28, 28]</c> in [-1, 1].</param>
    /// <param name="dropout">
    /// <c>[batch, 6272]</c>, zero where a feature is dropped and 1 / (1 - rate) elsewhere; null drops nothing. Drawn by the caller,
    /// since a layer of its own would draw from the process-wide generator.
    /// </param>
    /// <param name="shown">Where it is conditional, the class of each picture, <c>[batch]</c>, 64-bit; null where it is not.</param>
    /// <returns>Logits, <c>[batch, 1]</c>.</returns>
    public override Tensor forward(Tensor pictures, Tensor? dropout, Tensor? shown)
    {
        using var scope = NewDisposeScope();
        var x = Halve(Layout.ChannelsLast(pictures), down1);
        x = norm1.call(Activate(x));                                            // [batch, 64, 14, 14]
        x = norm2.call(Activate(Halve(x, down2)));                              // [batch, 128, 7, 7]
        x = x.flatten(1);                                                       // [batch, 6272]
        if (dropout is not null) x = x * dropout.to(Arithmetic);
        x = x.to(ScalarType.Float32);
        var logits = dense.call(x);                                             // [batch, 1]
        if (classes is not null) logits = logits + (classes.call(shown!) * x).sum(1, keepdim: true);
        return logits.MoveToOuterDisposeScope();
    }

    private Tensor Halve(Tensor x, Conv2d layer) => nn.functional.conv2d(
        x.to(Arithmetic), layer.weight!.to(Arithmetic), layer.bias!.to(Arithmetic), strides: [2, 2], padding: [2, 2]);

    private static Tensor Activate(Tensor x) => nn.functional.leaky_relu(x, Leak);
}
