using NetVips;

namespace GanFunctions.Core.Pictures;

/// <summary>What the conversion of a picture depends on.</summary>
/// <param name="Width">Width in pixels.</param>
/// <param name="Height">Height in pixels.</param>
/// <param name="HasColour">Whether it has pixels that are clearly not grey.</param>
/// <param name="Contrast">
/// For a picture with transparent pixels, the mean difference in luminance between its visible pixels and a black or a white background, 0 to
/// 255; null for an opaque one.
/// </param>
internal sealed record PictureTraits(int Width, int Height, bool HasColour, (double Black, double White)? Contrast)
{
    private const int Side = 32;                // the examined thumbnail
    private const int MinSaturation = 20;       // difference between the channels; in grey JPEG files it is at most a few
    private const double MinShare = 0.005;      // share of coloured or transparent pixels that counts
    private const double OpaqueAlpha = 250;

    /// <summary>Examines a picture.</summary>
    /// <exception cref="PictureException">The file is not a readable picture.</exception>
    public static PictureTraits Of(byte[] file, long maxPixels)
    {
        try
        {
            using var image = PictureLoader.Load(file, Side, maxPixels: maxPixels);
            using var size = PictureLoader.Load(file, int.MaxValue / 4, maxPixels); // not shrunk
            using var small = image.ThumbnailImage(Side, Side);
            using var srgb = small.Colourspace(Enums.Interpretation.Srgb);
            using var bytes = srgb.Cast(Enums.BandFormat.Uchar);
            var (hasColour, contrast) = Examine(bytes.WriteToMemory<byte>(), bytes.Bands);
            return new PictureTraits(size.Width, size.Height, hasColour, contrast);
        }
        catch (VipsException damage)
        {
            throw new PictureException($"it cannot be decoded ({PictureLoader.Reason(damage)})", damage);
        }
    }

    private static (bool HasColour, (double Black, double White)? Contrast) Examine(byte[] pixels, int bands)
    {
        var (coloured, transparent, visible, luminance, count) = (0, 0, 0.0, 0.0, pixels.Length / bands);
        for (var at = 0; at < pixels.Length; at += bands)
        {
            var (red, green, blue, alpha) = (pixels[at], pixels[at + 1], pixels[at + 2], bands == 4 ? pixels[at + 3] : byte.MaxValue);
            if (alpha < OpaqueAlpha) transparent++;
            else if (Math.Max(red, Math.Max(green, blue)) - Math.Min(red, Math.Min(green, blue)) > MinSaturation) coloured++;
            visible += alpha;
            luminance += alpha * (0.2126 * red + 0.7152 * green + 0.0722 * blue); // ITU-R BT.709
        }
        var mean = visible > 0 ? luminance / visible : 0;
        return (coloured > MinShare * count, transparent > MinShare * count && visible > 0 ? (mean, byte.MaxValue - mean) : null);
    }
}
