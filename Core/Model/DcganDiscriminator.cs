using GanFunctions.Core.Pictures;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace GanFunctions.Core.Model;

/// <summary>
/// The discriminator of the tutorial that this project is based on, extended to larger pictures:
/// <list type="table">
/// <item><term>28x28</term><description>channels x 28x28 -> 64 x 14x14 -> 128 x 7x7 -> 6,272 features -> 1</description></item>
/// <item><term>32x32</term><description>channels x 32x32 -> 64 x 16x16 -> 128 x 8x8 -> 8,192 features -> 1</description></item>
/// <item><term>64x64</term><description>channels x 64x64 -> 64 x 32x32 -> 128 x 16x16 -> 256 x 8x8 -> 16,384 features -> 1</description></item>
/// </list>
/// For MNIST it has 213,633 values including buffers, of which 213,249 are trainable. A conditional discriminator has 6,272 more per class.
/// </summary>
public sealed class DcganDiscriminator : Discriminator
{
    private readonly List<(Conv2d Down, BatchNorm2d Norm)> _layers = [];

    /// <inheritdoc cref="NetworkFamilies.CreateDiscriminator"/>
    internal DcganDiscriminator(BatchNormSettings norm, PictureShape shape, DiscriminatorHead head, double width)
    {
        int[] full = shape.Side == 64 ? [64, 128, 256] : [64, 128];
        int[] widths = [shape.Channels, .. full.Select(channels => NetworkFamilies.Narrow(channels, width))];
        for (var layer = 1; layer < widths.Length; layer++)
        {
            var down = nn.Conv2d(widths[layer - 1], widths[layer], 5, stride: 2, padding: 2);
            var normal = nn.BatchNorm2d(widths[layer], norm.Epsilon, norm.UpdateShare);
            register_module($"down{layer}", down);
            register_module($"norm{layer}", normal);
            _layers.Add((down, normal));
        }
        var lastSide = shape.Side >> _layers.Count;
        RegisterHead(widths[^1] * lastSide * lastSide, head);
    }

    private protected override Tensor Features(Tensor pictures)
    {
        var x = pictures;
        foreach (var (down, norm) in _layers) x = norm.Normalise(Downsample(x, down)); // [batch, 64, 14, 14], then [batch, 128, 7, 7]
        return x;
    }
}
