using System.Diagnostics;
using static TorchSharp.torch;

namespace GanFunctions.Benchmarks;

/// <summary>
/// Peak convolution throughput of this processor: the forward pass of the discriminator's second layer, in channels-last layout.
/// </summary>
internal static class ConvolutionPeak
{
    private const int Batch = 128;
    private const double Operations = 2.0 * Batch * 7 * 7 * 128 * 64 * 25;

    /// <summary>Floating-point operations per second, the best of 20 rounds.</summary>
    public static double Measure(ScalarType type)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var pictures = rand([Batch, 14, 14, 64], type).permute(0, 3, 1, 2);
        var weight = rand([128, 64, 5, 5], type);
        var best = TimeSpan.MaxValue;
        for (var round = 0; round < 20; round++)
        {
            var begun = Stopwatch.GetTimestamp();
            nn.functional.conv2d(pictures, weight, strides: [2, 2], padding: [2, 2]).Dispose();
            var elapsed = Stopwatch.GetElapsedTime(begun);
            if (elapsed < best) best = elapsed;
        }
        return Operations / best.TotalSeconds;
    }
}
