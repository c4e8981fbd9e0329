using GanFunctions.Core.Pictures;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace GanFunctions.Core.Model;

/// <summary>
/// The counterpart of <see cref="CompactGenerator"/>. It has no batch normalisation: the gradient penalties are per picture, which a
/// normalisation across the batch would contradict (Gulrajani et al. 2017, arXiv:1704.00028, section 4).
/// <list type="table">
/// <item><term>28x28</term><description>channels x 28x28 -> 64 x 14x14 -> 128 x 7x7 -> 6,272 features -> 1</description></item>
/// <item><term>32x32</term><description>channels x 32x32 -> 64 x 16x16 -> 128 x 8x8 -> 256 x 4x4 -> 4,096 features -> 1</description></item>
/// <item><term>64x64</term><description>channels x 64x64 -> 32 x 32x32 -> ... -> 256 x 4x4 -> 4,096 features -> 1</description></item>
/// <item><term>128x128</term><description>channels x 128x128 -> 16 x 64x64 -> ... -> 256 x 4x4 -> 4,096 features -> 1</description></item>
/// </list>
/// </summary>
public sealed class CompactDiscriminator : Discriminator
{
    private readonly List<Conv2d> _layers = [];

    /// <inheritdoc cref="NetworkFamilies.CreateDiscriminator"/>
    internal CompactDiscriminator(PictureShape shape, DiscriminatorHead head, double width)
    {
        var channels = shape.Channels;
        var side = shape.Side;
        var next = side switch { 28 or 32 => 64, 64 => 32, _ => 16 };
        while (side > 7)
        {
            var narrowed = NetworkFamilies.Narrow(next, width);
            var down = nn.Conv2d(channels, narrowed, 4, stride: 2, padding: 1);
            register_module($"down{_layers.Count + 1}", down);
            _layers.Add(down);
            (channels, next, side) = (narrowed, next * 2, side / 2);
        }
        RegisterHead(channels * side * side, head);
    }

    private protected override Tensor Features(Tensor pictures)
    {
        var x = pictures;
        foreach (var layer in _layers) x = Downsample(x, layer); // [batch, 32, 32, 32] to [batch, 256, 4, 4] for a side of 64
        return x;
    }
}
