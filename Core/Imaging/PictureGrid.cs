using NetVips;

namespace GanFunctions.Core.Imaging;

/// <summary>Grey pictures of one size, side by side.</summary>
public static class PictureGrid
{
    private const int Gap = 2; // pixels between pictures, before scaling

    /// <summary>Lays pictures out row by row, on black, and encodes them as PNG.</summary>
    /// <param name="pictures"><c>[count, height, width]</c>, 0 to 255.</param>
    /// <param name="count">Pictures.</param>
    /// <param name="height">Pixels of one picture.</param>
    /// <param name="width">Pixels of one picture.</param>
    /// <param name="columns">Pictures in a row.</param>
    /// <param name="scale">Each pixel becomes a square of this side.</param>
    public static byte[] Png(byte[] pictures, int count, int height, int width, int columns, int scale)
    {
        columns = Math.Min(columns, count);
        var rows = (count + columns - 1) / columns;
        var (gridHeight, gridWidth) = (rows * (height + Gap) - Gap, columns * (width + Gap) - Gap);
        var grid = new byte[gridHeight * gridWidth];
        for (var index = 0; index < count; index++)
        {
            var (top, left) = (index / columns * (height + Gap), index % columns * (width + Gap));
            for (var y = 0; y < height; y++)
                pictures.AsSpan((index * height + y) * width, width).CopyTo(grid.AsSpan((top + y) * gridWidth + left));
        }
        using var image = Image.NewFromMemory(grid, gridWidth, gridHeight, 1, Enums.BandFormat.Uchar);
        using var grey = image.Copy(interpretation: Enums.Interpretation.Bw);
        using var scaled = grey.Zoom(scale, scale);
        return scaled.PngsaveBuffer(compression: 6, keep: Enums.ForeignKeep.None);
    }
}
