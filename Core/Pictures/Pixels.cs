using TorchSharp;
using static GanFunctions.Core.Memory.Arithmetic;
using static TorchSharp.torch;

namespace GanFunctions.Core.Pictures;

/// <summary>Converts between the values that networks use and the pixels that files store.</summary>
/// <remarks>
/// Pictures with alpha have straight colours in files and premultiplied ones, that is, multiplied by alpha / 255, in data sets and networks. Every
/// transparent pixel is then (0, 0, 0, 0). With straight colours, networks would learn colours that nobody sees, and the mean of neighbouring pixels
/// would mix these in as fringes. Premultiplied pictures that are written to a file and read again are the same.
/// </remarks>
public static class Pixels
{
    private static readonly Scalar Half = 127.5.ToScalar();
    private static readonly Scalar White = ((int)byte.MaxValue).ToScalar();

    /// <summary>Maps bytes, of any shape, from [0, 255] to [-1, 1] as float32.</summary>
    public static Tensor Normalize(Tensor bytes) => bytes.to(ScalarType.Float32).div_(Half).sub_(One);

    /// <summary>
    /// Maps network output, of any shape, from [-1, 1] to whole numbers in [0, 255], still as float32. Modifies its argument in place.
    /// </summary>
    public static Tensor Quantize(Tensor pictures) => pictures.add_(One, One).mul_(Half).round_().clamp_(Zero, White);

    /// <summary>
    /// Writes a picture with the channels of each pixel interleaved. If it has alpha, its colours become straight, as in files.
    /// </summary>
    /// <param name="picture"><c>[channels, side, side]</c>.</param>
    /// <param name="shape">Shape of the picture.</param>
    /// <param name="target">Receives the picture, starting at its first pixel.</param>
    /// <param name="width">Pixels in a row of the target.</param>
    internal static void Interleave(ReadOnlySpan<byte> picture, PictureShape shape, Span<byte> target, int width)
    {
        var (side, channels) = (shape.Side, shape.Channels);
        for (var channel = 0; channel < channels; channel++)
        {
            var plane = picture.Slice(channel * side * side, side * side);
            for (var pixel = 0; pixel < plane.Length; pixel++)
                target[(pixel / side * width + pixel % side) * channels + channel] = plane[pixel];
        }
        if (!shape.HasAlpha) return;
        for (var pixel = 0; pixel < side * side; pixel++)
        {
            var colours = target.Slice((pixel / side * width + pixel % side) * channels, channels);
            var alpha = colours[^1];
            foreach (ref var colour in colours[..^1])
                colour = alpha == 0 ? (byte)0 : (byte)Math.Min(byte.MaxValue, (colour * byte.MaxValue + alpha / 2) / alpha);
        }
    }

    /// <summary>Writes a picture with its channels one after another. If it has alpha, its colours become premultiplied.</summary>
    /// <param name="pixels"><c>[side, side, channels]</c>, with straight colours.</param>
    /// <param name="shape">Shape of the picture.</param>
    /// <returns><c>[channels, side, side]</c>.</returns>
    internal static byte[] Deinterleave(byte[] pixels, PictureShape shape)
    {
        if (shape.Channels == 1) return pixels;
        var (planes, size) = (new byte[pixels.Length], shape.Side * shape.Side);
        for (var pixel = 0; pixel < size; pixel++)
        {
            for (var channel = 0; channel < shape.Channels; channel++)
                planes[channel * size + pixel] = pixels[pixel * shape.Channels + channel];
        }
        Premultiply(planes, shape);
        return planes;
    }

    /// <summary>Converts straight colours to premultiplied ones, in place. Pictures without alpha stay as they are.</summary>
    /// <param name="pictures"><c>[count, channels, side, side]</c>, 0 to 255.</param>
    /// <param name="shape">Shape of each picture.</param>
    internal static void Premultiply(Span<byte> pictures, PictureShape shape)
    {
        if (!shape.HasAlpha) return;
        var size = shape.Side * shape.Side;
        for (; pictures.Length > 0; pictures = pictures[shape.Size..])
        {
            var alphas = pictures.Slice(shape.Size - size, size);
            for (var at = 0; at < shape.Size - size; at++)
                pictures[at] = (byte)((pictures[at] * alphas[at % size] + byte.MaxValue / 2) / byte.MaxValue);
        }
    }
}
