using static TorchSharp.torch;

namespace GanFunctions.Core.Pictures;

/// <summary>Converts between the values that networks use and the pixels that files store.</summary>
public static class Pixels
{
    /// <summary>Maps bytes, of any shape, from [0, 255] to [-1, 1] as float32.</summary>
    public static Tensor Normalize(Tensor bytes) => bytes.to(ScalarType.Float32).div_(127.5).sub_(1);

    /// <summary>
    /// Maps network output, of any shape, from [-1, 1] to whole numbers in [0, 255], still as float32. Modifies its argument in place.
    /// </summary>
    public static Tensor Quantize(Tensor pictures) => pictures.add_(1).mul_(127.5).round_().clamp_(0, 255);

    /// <summary>Writes a picture with the channels of each pixel interleaved.</summary>
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
    }
}
