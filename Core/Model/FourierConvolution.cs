using System.Collections.Concurrent;
using static TorchSharp.torch;

namespace GanFunctions.Core.Model;

/// <summary>
/// Computes the generator's largest layer, a 5x5 transposed convolution with stride 1 over 7x7 or 8x8 pixels, with a tenth of the
/// multiplications: a discrete Fourier transform turns the convolution into products, one for each frequency (Mathieu, Henaff and LeCun 2014,
/// arXiv:1312.5851). For pictures this small, the transforms themselves are matrix products, so the layer consists of four matrix products
/// and needs no gradient code of its own.
/// </summary>
/// <remarks>
/// With zero padding of 2 pixels, a transform length of side + 2 (9 for a side of 7) is enough: the circular convolution wraps around only into
/// the padding. Of the 81 values of the transform of a real picture, one is real and the others form 40 conjugate pairs. A complex product
/// needs three real products (Gauss); the additions before and after them are merged into the transforms. That makes 121 products instead of
/// the 1,225 of the direct convolution. (A length of 10 has four real values: 148 products instead of 1,600.) Unlike Winograd filters of this
/// size, this is as accurate as the direct convolution, in bfloat16 too.
/// </remarks>
internal sealed class FourierConvolution
{
    private const int Kernel = 5;
    private const int Padding = Kernel / 2;

    private readonly int _length; // length of the transforms along each axis
    private readonly Tensor _ofPictures; // [121, 49]: re + im, re, im of each complex value
    private readonly Tensor _ofKernels;  // [121, 25]: re, im - re, re + im of each complex value
    private readonly Tensor _back;       // [49, 121]: from the three products of each complex value to pixels

    private FourierConvolution(int side, ScalarType type)
    {
        _length = side + Padding;
        var one = 1.0 / (_length * _length);
        var pair = 2 * one; // the sum of a value and its conjugate is twice the real part
        var (pictures, kernels, back) = (new List<double[]>(), new List<double[]>(), new List<double[]>());
        foreach (var (u, v) in Frequencies())
        {
            var (cos, sin) = Waves(side, first: 0, u, v);
            var (kernelCos, kernelSin) = Waves(Kernel, first: -Padding, u, v);
            if ((u, v) == Conjugate(u, v))
            {
                pictures.Add(cos);
                kernels.Add(kernelCos);
                back.Add(Combine(one, cos, 0, sin));
                continue;
            }
            pictures.AddRange([Combine(1, cos, -1, sin), cos, Combine(0, cos, -1, sin)]);
            kernels.AddRange([kernelCos, Combine(-1, kernelCos, -1, kernelSin), Combine(1, kernelCos, -1, kernelSin)]);
            back.AddRange([Combine(pair, cos, -pair, sin), Combine(0, cos, -pair, sin), Combine(-pair, cos, 0, sin)]);
        }
        (_ofPictures, _ofKernels) = (ToTensor(pictures, type), ToTensor(kernels, type));
        using var rows = ToTensor(back, type);
        _back = rows.t().contiguous().DetachFromDisposeScope();
    }

    /// <summary>Computes <c>conv_transpose2d(x, weight, stride 1, padding 2)</c>, with pixels as the first dimension.</summary>
    /// <param name="x">
    /// <c>[49, batch, in]</c>, or another square number of pixels; float32 or bfloat16, which is also the type of the computation.
    /// </param>
    /// <param name="weight"><c>[in, out, 5, 5]</c>, of the same type as <paramref name="x"/>.</param>
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

    /// <summary>The transforms, shared by all networks of the process: less than 100 KB for each side and type.</summary>
    private sealed class Cache
    {
        private readonly ConcurrentDictionary<(int Side, ScalarType Type), Lazy<FourierConvolution>> _transforms = new();

        public static Cache Shared { get; } = new();

        public FourierConvolution Of(int side, ScalarType type) =>
            _transforms.GetOrAdd((side, type), key => new(() => new FourierConvolution(key.Side, key.Type))).Value;
    }

    /// <summary>One frequency of each conjugate pair, and those that are their own conjugate.</summary>
    private IEnumerable<(int U, int V)> Frequencies() =>
        from u in Enumerable.Range(0, _length)
        from v in Enumerable.Range(0, _length)
        where (u, v).CompareTo(Conjugate(u, v)) <= 0
        select (u, v);

    private (int U, int V) Conjugate(int u, int v) => ((_length - u) % _length, (_length - v) % _length);

    /// <summary>Cosine and sine of a frequency at each point of a square, row by row.</summary>
    private (double[] Cos, double[] Sin) Waves(int side, int first, int u, int v)
    {
        var range = Enumerable.Range(first, side);
        var angles = from y in range from x in range select 2 * Math.PI * (u * y + v * x) / _length;
        return ([.. angles.Select(Math.Cos)], [.. angles.Select(Math.Sin)]);
    }

    private static double[] Combine(double a, double[] x, double b, double[] y) => [.. x.Zip(y, (left, right) => a * left + b * right)];

    private static Tensor ToTensor(List<double[]> rows, ScalarType type)
    {
        using var full = tensor(rows.SelectMany(row => row).ToArray(), [rows.Count, rows[0].Length]);
        return full.to(type).DetachFromDisposeScope();
    }
}

/// <summary>Memory layout of pictures.</summary>
internal static class Layout
{
    /// <summary>
    /// Converts a tensor to the channels-last layout, in which the channels of a pixel are adjacent. Convolutions and normalisations are
    /// faster with it and keep it. The shape stays <c>[batch, channels, height, width]</c>.
    /// </summary>
    public static Tensor ChannelsLast(Tensor x)
    {
        using var scope = NewDisposeScope();
        return x.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2).MoveToOuterDisposeScope();
    }
}
