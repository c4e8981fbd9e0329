using System.Collections.Concurrent;
using static TorchSharp.torch;

namespace GanFunctions.Core.Model;

/// <summary>
/// The generator's largest layer, a 5x5 transposed convolution of stride 1 over 7x7 or 8x8 pixels, with a tenth of the multiplications: pictures
/// and kernels go through a discrete Fourier transform, where convolving is multiplying (Mathieu, Henaff and LeCun 2014, arXiv:1312.5851).
/// On pictures this small the transforms are matrix products too, so the layer is four of them, and autograd knows its way back.
/// </summary>
/// <remarks>
/// Zero padding of 2 pixels needs a cycle of two more than the side, 9 for 7, and no more: what wraps around meets zeros. Of the 81 values of
/// a real transform one is real and the others are 40 conjugate pairs, and a complex product takes three real ones (Gauss), with the sums
/// around the three made part of the transforms: 121 products where the layer as it stands takes 1,225. (A cycle of 10 has four real values:
/// 148 products in the place of 1,600.) Unlike Winograd's filters of that size it is as exact as the layer itself, in bfloat16 too.
/// </remarks>
internal sealed class FourierConvolution
{
    private const int Kernel = 5;
    private const int Padding = Kernel / 2;

    private readonly int _cycle;
    private readonly Tensor _ofPictures; // [121, 49]: per complex value re + im, re, im
    private readonly Tensor _ofKernels;  // [121, 25]: per complex value re, im - re, re + im
    private readonly Tensor _back;       // [49, 121]: from the three products of each complex value to pixels

    private FourierConvolution(int side, ScalarType type)
    {
        _cycle = side + Padding;
        var one = 1.0 / (_cycle * _cycle);
        var pair = 2 * one; // a value and its conjugate add up to twice the real part
        var (pictures, kernels, back) = (new List<double[]>(), new List<double[]>(), new List<double[]>());
        foreach (var (u, v) in Frequencies())
        {
            var (cos, sin) = Waves(side, first: 0, u, v);
            var (kernelCos, kernelSin) = Waves(Kernel, first: -Padding, u, v);
            if ((u, v) == Conjugate(u, v))
            {
                pictures.Add(cos);
                kernels.Add(kernelCos);
                back.Add(Sum(one, cos, 0, sin));
                continue;
            }
            pictures.AddRange([Sum(1, cos, -1, sin), cos, Sum(0, cos, -1, sin)]);
            kernels.AddRange([kernelCos, Sum(-1, kernelCos, -1, kernelSin), Sum(1, kernelCos, -1, kernelSin)]);
            back.AddRange([Sum(pair, cos, -pair, sin), Sum(0, cos, -pair, sin), Sum(-pair, cos, 0, sin)]);
        }
        (_ofPictures, _ofKernels) = (Keep(pictures, type), Keep(kernels, type));
        using var rows = Keep(back, type);
        _back = rows.t().contiguous().DetachFromDisposeScope();
    }

    /// <summary>What <c>conv_transpose2d(x, weight, stride 1, padding 2)</c> gives, pixels first.</summary>
    /// <param name="x"><c>[49, batch, in]</c>, or another square, float32 or bfloat16; that type is calculated in.</param>
    /// <param name="weight"><c>[in, out, 5, 5]</c>, of the same type.</param>
    /// <returns><c>[49, batch, out]</c>.</returns>
    public static Tensor Transposed(Tensor x, Tensor weight)
    {
        using var scope = NewDisposeScope();
        var (pixels, batch, ins, outs) = (x.shape[0], x.shape[1], weight.shape[0], weight.shape[1]);
        var transforms = Cache.Shared.Of((int)Math.Sqrt(pixels), x.dtype);
        var pictures = transforms._ofPictures.mm(x.reshape(pixels, batch * ins)).view(-1, batch, ins);
        var kernels = transforms._ofKernels.mm(weight.view(ins * outs, Kernel * Kernel).t()).view(-1, ins, outs);
        var products = pictures.bmm(kernels).view(-1, batch * outs);
        return transforms._back.mm(products).view(pixels, batch, outs).MoveToOuterDisposeScope();
    }

    /// <summary>The transforms of this process: a few kilobytes for each side and type, which every network shares.</summary>
    private sealed class Cache
    {
        private readonly ConcurrentDictionary<(int Side, ScalarType Type), Lazy<FourierConvolution>> _transforms = new();

        public static Cache Shared { get; } = new();

        public FourierConvolution Of(int side, ScalarType type) =>
            _transforms.GetOrAdd((side, type), key => new(() => new FourierConvolution(key.Side, key.Type))).Value;
    }

    /// <summary>One of each pair of conjugate frequencies, and those that are their own conjugates.</summary>
    private IEnumerable<(int U, int V)> Frequencies() =>
        from u in Enumerable.Range(0, _cycle)
        from v in Enumerable.Range(0, _cycle)
        where (u, v).CompareTo(Conjugate(u, v)) <= 0
        select (u, v);

    private (int U, int V) Conjugate(int u, int v) => ((_cycle - u) % _cycle, (_cycle - v) % _cycle);

    /// <summary>Cosine and sine of a frequency at every point of a square, row by row.</summary>
    private (double[] Cos, double[] Sin) Waves(int side, int first, int u, int v)
    {
        var angles = from y in Enumerable.Range(first, side) from x in Enumerable.Range(first, side) select 2 * Math.PI * (u * y + v * x) / _cycle;
        return ([.. angles.Select(Math.Cos)], [.. angles.Select(Math.Sin)]);
    }

    private static double[] Sum(double a, double[] x, double b, double[] y) => [.. x.Zip(y, (left, right) => a * left + b * right)];

    private static Tensor Keep(List<double[]> rows, ScalarType type)
    {
        using var full = tensor(rows.SelectMany(row => row).ToArray(), [rows.Count, rows[0].Length]);
        return full.to(type).DetachFromDisposeScope();
    }
}

/// <summary>How pictures lie in memory.</summary>
internal static class Layout
{
    /// <summary>
    /// The same tensor with the channels of a pixel side by side, which convolutions and normalisations are faster on and hand on to their
    /// results. Its shape stays <c>[batch, channels, height, width]</c>.
    /// </summary>
    public static Tensor ChannelsLast(Tensor x)
    {
        using var scope = NewDisposeScope();
        return x.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2).MoveToOuterDisposeScope();
    }
}
