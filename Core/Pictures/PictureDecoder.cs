using NetVips;

namespace GanFunctions.Core.Pictures;

/// <summary>A file cannot be read as a picture; the message says why, and begins in the middle of a sentence.</summary>
public sealed class PictureException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>
/// Reads pictures of any size and makes them what networks take. The first bytes decide which of three loaders reads a file: libvips knows
/// many more formats, some of them programs rather than pictures, and none of those is ever asked.
/// </summary>
public static class PictureDecoder
{
    private static readonly int[] JpegShrinks = [8, 4, 2, 1]; // those of libjpeg
    private const int ShrinkMargin = 2; // a loader that shrinks leaves twice the size, so that the good filter has the last word

    /// <summary>
    /// Decodes a picture: turned as its EXIF orientation says, its middle cut to a square, scaled with a Lanczos filter, alpha laid on black.
    /// 16 bit, palette, CMYK and other colour spaces become 8 bit grey or sRGB. Of an animation, the first frame.
    /// </summary>
    /// <param name="file">A whole PNG, JPEG or WebP file.</param>
    /// <param name="shape">What it is to be.</param>
    /// <param name="maxPixels">It may not have more by its header; looked at before anything is decoded.</param>
    /// <returns><c>[channels, height, width]</c>, 0 to 255.</returns>
    /// <exception cref="PictureException">The file is none of the three, damaged, or too large.</exception>
    public static byte[] Decode(byte[] file, PictureShape shape, long maxPixels)
    {
        try
        {
            using var loaded = Load(file, shape.Side, maxPixels);
            using var square = Middle(loaded);
            using var scaled = Fits(square, shape.Side) ? square.Copy() : square.ThumbnailImage(
                shape.Side, shape.Side, size: Enums.Size.Force, outputProfile: HasProfile(square) ? "srgb" : null);
            using var opaque = scaled.HasAlpha() ? scaled.Flatten(background: [0]) : scaled.Copy();
            using var coloured = opaque.Colourspace(shape.Channels == 1 ? Enums.Interpretation.Bw : Enums.Interpretation.Srgb);
            using var bytes = coloured.Cast(Enums.BandFormat.Uchar);
            return ToPlanes(bytes.WriteToMemory<byte>(), shape);
        }
        catch (VipsException damage)
        {
            throw new PictureException($"it cannot be decoded ({Reason(damage)})", damage);
        }
    }

    // Before it is scaled, not after: a picture of one pixel by many would be made as wide as it is to be, and all its length with it.
    private static Image Middle(Image image)
    {
        var side = Shorter(image);
        return image.Crop((image.Width - side) / 2, (image.Height - side) / 2, side, side);
    }

    // As pictures that come out of a data set do: to look at each pixel again would take as long as all the rest.
    private static bool Fits(Image image, int side) =>
        image.Width == side && image.Height == side && image.Interpretation != Enums.Interpretation.Cmyk && !HasProfile(image) && !image.Contains("orientation");

    private static bool HasProfile(Image image) => image.Contains("icc-profile-data");

    private static Image Load(byte[] file, int side, long maxPixels)
    {
        if (file.Length == 0) throw new PictureException("it is empty");
        return file switch
        {
            [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0d, 0x0a, 0x1a, 0x0a, ..] =>
                Checked(Image.PngloadBuffer(file, access: Enums.Access.Sequential, failOn: Enums.FailOn.Truncated), maxPixels),
            [0xff, 0xd8, 0xff, ..] => Shrunk(
                Checked(Image.JpegloadBuffer(file, access: Enums.Access.Sequential, failOn: Enums.FailOn.Truncated), maxPixels),
                image => JpegShrink(image, side),
                shrink => Image.JpegloadBuffer(file, shrink: shrink, access: Enums.Access.Sequential, failOn: Enums.FailOn.Truncated)),
            [(byte)'R', (byte)'I', (byte)'F', (byte)'F', _, _, _, _, (byte)'W', (byte)'E', (byte)'B', (byte)'P', ..] => Shrunk(
                Checked(Image.WebploadBuffer(file, access: Enums.Access.Sequential, failOn: Enums.FailOn.Truncated), maxPixels),
                image => Math.Max(1, Shorter(image) / (side * ShrinkMargin)),
                shrink => Image.WebploadBuffer(file, scale: 1.0 / shrink, access: Enums.Access.Sequential, failOn: Enums.FailOn.Truncated)),
            _ => throw new PictureException($"it is no PNG, JPEG or WebP file: it begins with {Convert.ToHexStringLower(file.AsSpan(0, Math.Min(8, file.Length)))}"),
        };
    }

    private static Image Checked(Image image, long maxPixels)
    {
        if ((long)image.Width * image.Height <= maxPixels) return image;
        using (image)
        {
            throw new PictureException($"it has {image.Width}x{image.Height} pixels, and at most {maxPixels} are taken (limit MaxPixels)");
        }
    }

    /// <summary>Has the loader shrink a picture that is much too large, which saves time and memory.</summary>
    private static Image Shrunk(Image image, Func<Image, int> shrinkOf, Func<int, Image> reload)
    {
        var shrink = shrinkOf(image);
        if (shrink == 1) return image;
        using (image)
        {
            return reload(shrink);
        }
    }

    private static int JpegShrink(Image image, int side) =>
        JpegShrinks.First(shrink => shrink == 1 || Shorter(image) / shrink >= side * ShrinkMargin);

    private static int Shorter(Image image) => Math.Min(image.Width, image.Height);

    private static byte[] ToPlanes(byte[] pixels, PictureShape shape)
    {
        if (pixels.Length != shape.Size) throw new PictureException($"it comes to {pixels.Length} bytes, not {shape.Size}");
        if (shape.Channels == 1) return pixels;
        var planes = new byte[pixels.Length];
        var size = shape.Side * shape.Side;
        for (var pixel = 0; pixel < size; pixel++)
            for (var channel = 0; channel < shape.Channels; channel++)
                planes[channel * size + pixel] = pixels[pixel * shape.Channels + channel];
        return planes;
    }

    private static string Reason(VipsException damage)
    {
        var lines = damage.Message.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return (lines.Length > 1 ? lines[1] : damage.Message).TrimEnd('.');
    }
}

/// <summary>The settings of libvips, which hold for the whole process. One instance owns them.</summary>
public sealed class VipsRuntime : IDisposable
{
    private static readonly Log.LogDelegate Ignore = (_, _, _) => { };

    private readonly uint _logHandler;

    /// <summary>
    /// Applies the settings: one thread for each picture, since there are many and they are small; no cache of operations, since none is repeated;
    /// and no loader that is not hardened against hostile files, except the one of SVG, which renders charts and never sees an uploaded file
    /// (<see cref="PictureDecoder"/>).
    /// </summary>
    public VipsRuntime()
    {
        NetVips.NetVips.Concurrency = 1;
        NetVips.NetVips.BlockUntrusted = true;
        Operation.Block("VipsForeignLoadSvg", false);
        (Cache.Max, Cache.MaxMem, Cache.MaxFiles) = (0, 0, 0);
        _logHandler = Log.SetLogHandler("VIPS", Enums.LogLevelFlags.Warning, Ignore); // warnings of damaged pictures are thrown as well
    }

    /// <inheritdoc/>
    public void Dispose() => Log.RemoveLogHandler("VIPS", _logHandler);
}
