using System.Collections.Concurrent;
using GanFunctions.Core.Pictures;
using NetVips;

namespace GanFunctions.Core.Tests.Data;

/// <summary>Creates picture files for tests.</summary>
internal static class PictureFiles
{
    private static readonly VipsRuntime Vips;
    private static readonly ConcurrentDictionary<(int Value, int Side), byte[]> Greys = new();

    static PictureFiles() => Vips = new(); // with the settings of the app

    /// <summary>A PNG of a single grey level.</summary>
    public static byte[] Grey(int value, int side = 28) => [.. Greys.GetOrAdd((value, side), _ => Png(Flat(side, side, value)))];

    /// <summary>An image of one colour, a band for each value.</summary>
    public static Image Flat(int width, int height, params double[] bands)
    {
        using var black = Image.Black(width, height, bands.Length);
        using var flat = black.Linear([1], bands);
        using var bytes = flat.Cast(Enums.BandFormat.Uchar);
        return bytes.Copy(interpretation: bands.Length < 3 ? Enums.Interpretation.Bw : Enums.Interpretation.Srgb);
    }

    public static byte[] Png(Image image, int? bits = null, bool? palette = null)
    {
        using (image) return image.PngsaveBuffer(bitdepth: bits, palette: palette);
    }

    public static byte[] Jpeg(Image image, string? profile = null)
    {
        using (image) return image.JpegsaveBuffer(q: 95, profile: profile);
    }

    public static byte[] WebP(Image image)
    {
        using (image) return image.WebpsaveBuffer(lossless: true);
    }

    /// <summary>A BMP of 4x4 pixels: a header of 54 bytes, and 24 bits for each pixel, blue first.</summary>
    public static byte[] Bmp(byte red, byte green, byte blue) =>
    [
        .. "BM"u8, 102, 0, 0, 0, 0, 0, 0, 0, 54, 0, 0, 0, 40, 0, 0, 0, 4, 0, 0, 0, 4, 0, 0, 0, 1, 0, 24, 0, .. new byte[24],
        .. Enumerable.Repeat(new[] { blue, green, red }, 16).SelectMany(pixel => pixel),
    ];

    /// <summary>A PNG of pixels, <c>[channels, height, width]</c>.</summary>
    public static byte[] OfPlanes(byte[] planes, int side, int channels)
    {
        var pixels = new byte[planes.Length];
        for (var i = 0; i < planes.Length; i++) pixels[i % (side * side) * channels + i / (side * side)] = planes[i];
        using var image = Image.NewFromMemory(pixels, side, side, channels, Enums.BandFormat.Uchar);
        return Png(image.Copy(interpretation: channels == 1 ? Enums.Interpretation.Bw : Enums.Interpretation.Srgb));
    }

    /// <summary>A small PNG file whose header declares more pixels than it contains.</summary>
    public static byte[] PngThatClaims(int width, int height)
    {
        var png = Grey(1);
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(png.AsSpan(16), width);
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(png.AsSpan(20), height);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(png.AsSpan(29), Crc(png.AsSpan(12, 17)));
        return png;
    }

    private static uint Crc(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var value in bytes)
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++) crc = (crc & 1) == 1 ? crc >> 1 ^ 0xEDB88320 : crc >> 1;
        }
        return ~crc;
    }
}
