using GanFunctions.Core.Pictures;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace GanFunctions.Core.Model;

/// <summary>
/// A DCGAN (Radford et al. 2016, arXiv:1511.06434) with the layer sizes of the tutorial that this project is based on, extended to larger
/// pictures:
/// <list type="table">
/// <item><term>28x28</term><description>100 -> 256 x 7x7 -> 128 x 7x7 -> 64 x 14x14 -> channels x 28x28</description></item>
/// <item><term>32x32</term><description>100 -> 256 x 8x8 -> 128 x 8x8 -> 64 x 16x16 -> channels x 32x32</description></item>
/// <item><term>64x64</term><description>100 -> 512 x 8x8 -> 256 x 8x8 -> 128 x 16x16 -> 64 x 32x32 -> channels x 64x64</description></item>
/// </list>
/// For MNIST it has 2,330,944 values including buffers, of which 2,305,472 are trainable. A conditional generator has 12,544 more per
/// class.
/// </summary>
/// <remarks>
/// Keras' 'same' padding of a strided 5x5 layer is one pixel on one side and two on the other. PyTorch's padding 2 with output padding 1 is
/// the mirror image of that. The padding of <see cref="DcganDiscriminator"/> is mirrored in the same way.
/// </remarks>
public sealed class DcganGenerator : Generator
{
    private readonly int _start;     // side of the feature maps that the noise is mapped to
    private readonly int[] _widths;  // input channels of each transposed convolution
    private readonly List<BatchNorm2d> _norms = [];
    private readonly List<ConvTranspose2d> _ups = [];

    /// <inheritdoc cref="NetworkFamilies.CreateGenerator"/>
    internal DcganGenerator(BatchNormSettings norm, PictureShape shape, ClassLabels? labels, double width)
        : base(NetworkFamily.Dcgan, shape, labels, width)
    {
        (_start, var full) = shape.Side switch { 28 => (7, [256, 128, 64]), 32 => (8, [256, 128, 64]), _ => (8, new[] { 512, 256, 128, 64 }) };
        _widths = [.. full.Select(channels => NetworkFamilies.Narrow(channels, width))];
        RegisterStart(_widths[0] * _start * _start, norm);
        for (var layer = 0; layer < _widths.Length; layer++)
        {
            var isLast = layer + 1 == _widths.Length;
            var next = isLast ? shape.Channels : _widths[layer + 1];
            var (stride, outputPadding) = layer == 0 ? (1, 0) : (2, 1);
            _ups.Add(nn.ConvTranspose2d(_widths[layer], next, 5, stride: stride, padding: 2, output_padding: outputPadding, bias: false));
            register_module($"up{layer + 1}", _ups[^1]);
            if (isLast) break;
            _norms.Add(nn.BatchNorm2d(next, norm.Epsilon, norm.UpdateShare));
            register_module($"norm{layer + 1}", _norms[^1]);
        }
    }

    /// <inheritdoc/>
    public override Tensor forward(Tensor noise, Tensor? classes)
    {
        using var scope = NewDisposeScope();
        var x = Start(noise, classes);                                             // [batch, 12544], channel by channel
        x = x.view(-1, _widths[0], _start * _start).permute(2, 0, 1);              // [49, batch, 256]
        x = FourierConvolution.Transposed(x, _ups[0].weight!.to(ComputeType));      // [49, batch, 128]
        x = Layout.ChannelsLast(x.permute(1, 2, 0).unflatten(2, [_start, _start]));
        x = Activate(_norms[0].Normalise(x));                                      // [batch, 128, 7, 7]
        for (var layer = 1; layer < _norms.Count; layer++)
            x = Activate(_norms[layer].Normalise(Upsample(x, _ups[layer])));       // [batch, 64, 14, 14]
        x = Upsample(x, _ups[^1]).to(ScalarType.Float32);
        return x.tanh().contiguous().MoveToOuterDisposeScope();                    // [batch, 1, 28, 28]
    }

    private Tensor Upsample(Tensor x, ConvTranspose2d layer) => nn.functional.conv_transpose2d(
        x, layer.weight!.to(ComputeType), strides: [2, 2], padding: [2, 2], output_padding: [1, 1]);
}
