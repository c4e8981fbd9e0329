using GanFunctions.Core.Data;
using NetVips;

namespace GanFunctions.Core.Imaging;

/// <summary>Pictures of one shape, side by side.</summary>
public static class PictureGrid
{
    private const int Gap = 2; // pixels between pictures, before scaling

    /// <summary>Lays pictures out row by row, on black.</summary>
    /// <param name="pictures"><c>[count, channels, side, side]</c>, 0 to 255.</param>
    /// <param name="shape">Of a picture.</param>
    /// <param name="columns">Pictures in a row, at most.</param>
    /// <param name="scale">Each pixel becomes a square of this side.</param>
    /// <returns>The caller disposes it.</returns>
    public static Image Of(ReadOnlySpan<byte> pictures, PictureShape shape, int columns, int scale)
    {
        var (count, side, channels) = (pictures.Length / shape.Size, shape.Side, shape.Channels);
        columns = Math.Min(columns, count);
        var rows = (count + columns - 1) / columns;
        var (height, width) = (rows * (side + Gap) - Gap, columns * (side + Gap) - Gap);
        var grid = new byte[height * width * channels];
        for (var index = 0; index < count; index++)
        {
            var corner = index / columns * (side + Gap) * width + index % columns * (side + Gap);
            for (var channel = 0; channel < channels; channel++)
            {
                var plane = pictures.Slice((index * channels + channel) * side * side, side * side);
                for (var pixel = 0; pixel < plane.Length; pixel++)
                    grid[(corner + pixel / side * width + pixel % side) * channels + channel] = plane[pixel];
            }
        }
        using var bytes = Image.NewFromMemory(grid, width, height, channels, Enums.BandFormat.Uchar);
        using var image = bytes.Copy(interpretation: channels == 1 ? Enums.Interpretation.Bw : Enums.Interpretation.Srgb);
        return image.Zoom(scale, scale);
    }

    /// <summary>The same, as PNG.</summary>
    public static byte[] Png(ReadOnlySpan<byte> pictures, PictureShape shape, int columns, int scale)
    {
        using var grid = Of(pictures, shape, columns, scale);
        return Encoder.Encode(grid, PictureFormat.Png);
    }
}
