using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace GanFunctions.Core.Model;

/// <summary>
/// Draws pictures from noise: <c>[batch, 100]</c> normals in, <c>[batch, 1, 28, 28]</c> pixels in [-1, 1] out.
/// DCGAN (Radford et al. 2016, arXiv:1511.06434) in the sizes of the tutorial this project grew from.
/// 2,330,944 numbers with buffers, 2,305,472 of them trainable; a conditional one has 12,544 more for each class.
/// </summary>
/// <remarks>
/// Keras' 'same' padding of a strided 5x5 layer is one pixel on one side and two on the other. PyTorch's padding 2 with output
/// padding 1 is its mirror image, here and in <see cref="Discriminator"/> alike, so the two still fit each other.
/// </remarks>
public sealed class Generator : nn.Module<Tensor, Tensor?, Tensor>
{
    /// <summary>Length of one noise vector.</summary>
    public const int LatentSize = 100;

    private readonly Linear dense;
    private readonly Embedding? classes;
    private readonly BatchNorm1d norm0;
    private readonly ConvTranspose2d up1;
    private readonly BatchNorm2d norm1;
    private readonly ConvTranspose2d up2;
    private readonly BatchNorm2d norm2;
    private readonly ConvTranspose2d up3;

    /// <param name="norm">Momentum and epsilon of the three batch normalisations.</param>
    /// <param name="labels">
    /// Labels of the classes it can be asked for, rising; none where it is not conditional. Noise and the class, one-hot, go into the first
    /// layer side by side (Mirza and Osindero 2014, arXiv:1411.1784).
    /// </param>
    public Generator(BatchNormSettings norm, IReadOnlyList<byte>? labels = null) : base(nameof(Generator))
    {
        Labels = labels ?? [];
        dense = nn.Linear(LatentSize, 7 * 7 * 256, hasBias: false);
        if (IsConditional) classes = nn.Embedding(Labels.Count, 7 * 7 * 256);
        norm0 = nn.BatchNorm1d(7 * 7 * 256, norm.Epsilon, norm.UpdateShare);
        up1 = nn.ConvTranspose2d(256, 128, 5, stride: 1, padding: 2, bias: false);
        norm1 = nn.BatchNorm2d(128, norm.Epsilon, norm.UpdateShare);
        up2 = nn.ConvTranspose2d(128, 64, 5, stride: 2, padding: 2, output_padding: 1, bias: false);
        norm2 = nn.BatchNorm2d(64, norm.Epsilon, norm.UpdateShare);
        up3 = nn.ConvTranspose2d(64, 1, 5, stride: 2, padding: 2, output_padding: 1, bias: false);
        RegisterComponents(); // sees only fields already assigned: stays last
    }

    /// <summary>What the convolutions calculate in: float32 or bfloat16. Weights, normalisation statistics and pictures stay float32.</summary>
    public ScalarType Arithmetic { get; set; } = ScalarType.Float32;

    /// <summary>Label of each class, rising; empty where it is not conditional.</summary>
    public IReadOnlyList<byte> Labels { get; }

    /// <summary>Whether it has to be told a class for every picture.</summary>
    public bool IsConditional => Labels.Count > 0;

    /// <param name="noise"><c>[batch, 100]</c> normals.</param>
    /// <param name="wanted">Where it is conditional, <c>[batch]</c> places in <see cref="Labels"/>, 64-bit; null where it is not.</param>
    /// <returns>Pictures, <c>[batch, 1, 28, 28]</c> in [-1, 1].</returns>
    public override Tensor forward(Tensor noise, Tensor? wanted)
    {
        using var scope = NewDisposeScope();
        var batch = noise.shape[0];
        var x = noise.to(Arithmetic).mm(dense.weight!.to(Arithmetic).t());
        if (classes is not null) x = x + classes.call(wanted!).to(Arithmetic);
        x = Activate(norm0.call(x));                                                // [batch, 12544], channel by channel
        x = x.view(batch, 256, 7 * 7).permute(2, 0, 1);                             // [49, batch, 256]
        x = FourierConvolution.Transposed(x, up1.weight!.to(Arithmetic));           // [49, batch, 128]
        x = Layout.ChannelsLast(x.permute(1, 2, 0).unflatten(2, [7, 7]));
        x = Activate(norm1.call(x));                                                // [batch, 128, 7, 7]
        x = Activate(norm2.call(Double(x, up2)));                                   // [batch, 64, 14, 14]
        x = Double(x, up3).to(ScalarType.Float32);
        return x.tanh().contiguous().MoveToOuterDisposeScope();                     // [batch, 1, 28, 28]
    }

    private Tensor Double(Tensor x, ConvTranspose2d layer) => nn.functional.conv_transpose2d(
        x, layer.weight!.to(Arithmetic), strides: [2, 2], padding: [2, 2], output_padding: [1, 1]);

    private static Tensor Activate(Tensor x) => nn.functional.leaky_relu(x, Discriminator.Leak);
}
