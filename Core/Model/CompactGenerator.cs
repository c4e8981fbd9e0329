using GanFunctions.Core.Pictures;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace GanFunctions.Core.Model;

/// <summary>
/// A generator that is designed for two processors: from 4x4 pixels on (7x7 for pictures of 28x28), each layer doubles the side and halves
/// the channels, so that all layers take about the same time; a convolution at full size ends it.
/// <list type="table">
/// <item><term>28x28</term><description>100 -> 128 x 7x7 -> 64 x 14x14 -> 32 x 28x28 -> channels x 28x28</description></item>
/// <item><term>32x32</term><description>100 -> 256 x 4x4 -> 128 x 8x8 -> 64 x 16x16 -> 32 x 32x32 -> channels x 32x32</description></item>
/// <item><term>64x64</term><description>100 -> 256 x 4x4 -> 128 x 8x8 -> ... -> 16 x 64x64 -> channels x 64x64</description></item>
/// <item><term>128x128</term><description>100 -> 256 x 4x4 -> 256 x 8x8 -> 128 x 16x16 -> ... -> 16 x 128x128 -> channels x 128x128</description></item>
/// </list>
/// </summary>
/// <remarks>
/// A transposed convolution whose kernel is twice its stride covers every pixel equally often (Odena et al. 2016,
/// doi:10.23915/distill.00003), and <see cref="WeightInitialisation"/> starts it as a linear interpolation: otherwise a checkerboard pattern
/// remains for tens of thousands of pictures. <see cref="EvenKernels"/> keeps training from bringing it back.
/// </remarks>
public sealed class CompactGenerator : Generator
{
    private const int MaxWidth = 256;

    private readonly int _start; // side of the feature maps that the noise is mapped to
    private readonly int _width; // their channels
    private readonly List<(ConvTranspose2d Up, BatchNorm2d Norm)> _layers = [];
    private readonly Conv2d _output;

    /// <inheritdoc cref="NetworkFamilies.CreateGenerator"/>
    internal CompactGenerator(BatchNormSettings norm, PictureShape shape, ClassLabels? labels, double width)
        : base(NetworkFamily.Compact, shape, labels, width)
    {
        _start = shape.Side == 28 ? 7 : 4;
        var last = shape.Side < 64 ? 32 : 16; // channels at full size
        var doublings = int.Log2(shape.Side / _start);
        var widths = Enumerable.Range(0, doublings + 1)
            .Select(layer => NetworkFamilies.Narrow(Math.Min(last << (doublings - layer), MaxWidth), width)).ToArray();
        _width = widths[0];
        RegisterStart(_width * _start * _start, norm);
        for (var layer = 1; layer <= doublings; layer++)
        {
            var up = nn.ConvTranspose2d(widths[layer - 1], widths[layer], 4, stride: 2, padding: 1, bias: false);
            var normal = nn.BatchNorm2d(widths[layer], norm.Epsilon, norm.UpdateShare);
            register_module($"up{layer}", up);
            register_module($"norm{layer}", normal);
            _layers.Add((up, normal));
        }
        register_module("output", _output = nn.Conv2d(widths[^1], shape.Channels, 3, padding: 1, bias: false));
    }

    /// <inheritdoc/>
    public override Tensor forward(Tensor noise, Tensor? classes)
    {
        using var scope = NewDisposeScope();
        var x = Start(noise, classes);                                            // [batch, 4096] for a side of 64
        x = Layout.ChannelsLast(x.view(-1, _width, _start, _start));
        foreach (var (up, norm) in _layers)                                       // [batch, 256, 4, 4] to [batch, 16, 64, 64]
        {
            x = nn.functional.conv_transpose2d(x, up.weight!.to(ComputeType), strides: [2, 2], padding: [1, 1]);
            x = Activate(norm.Normalise(x));
        }
        // In float32: with bfloat16 and an odd number of channels, the gradient of this layer's input is different each time it is computed,
        // and sometimes NaN (torch 2.10 on processors with AVX-512 bfloat16).
        x = nn.functional.conv2d(x.to(ScalarType.Float32), _output.weight!, padding: [1, 1]);
        return x.tanh().contiguous().MoveToOuterDisposeScope();                   // [batch, channels, 64, 64]
    }
}
