using NetVips;

namespace GanFunctions.Functions.Tests;

/// <summary>Creates picture files for tests.</summary>
internal static class Pictures
{
    /// <summary>A PNG of a single shade of grey.</summary>
    public static byte[] Png(int value, int side = 40)
    {
        using var black = Image.Black(side, side);
        using var flat = black.Linear([1], [value]);
        using var bytes = flat.Cast(Enums.BandFormat.Uchar);
        return bytes.PngsaveBuffer();
    }
}
