using GanFunctions.Core.Data;

namespace GanFunctions.Core.Imaging;

/// <summary>Turns pictures as networks have them, channel by channel, into pixels as files have them.</summary>
internal static class Pixels
{
    /// <summary>Writes a picture with the channels of a pixel side by side.</summary>
    /// <param name="picture"><c>[channels, side, side]</c>.</param>
    /// <param name="shape">Of it.</param>
    /// <param name="target">Where its first pixel goes.</param>
    /// <param name="width">Pixels in a row of the target.</param>
    public static void Interleave(ReadOnlySpan<byte> picture, PictureShape shape, Span<byte> target, int width)
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
