using NetVips;

namespace GanFunctions.Core.Pictures;

/// <summary>
/// A file cannot be read as a picture. The message says why; it is a clause that starts with "it" and refers to the file.
/// </summary>
public sealed class PictureException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>
/// Decodes pictures of any size and converts them to the input shape of the networks. The first bytes of a file select one of three
/// loaders. libvips supports many more formats, some of which can run code; their loaders are never called.
/// </summary>
public static class PictureDecoder
{
    private static readonly int[] JpegShrinks = [8, 4, 2, 1]; // the factors that libjpeg supports
    private const int ShrinkMargin = 2; // shrinking on load stops at twice the final size, so that the Lanczos filter does the last step

    /// <summary>
    /// Decodes a picture: applies its EXIF orientation, crops the centre to a square, scales it with a Lanczos filter and composites alpha
    /// on black. 16-bit, palette, CMYK and other colour spaces are converted to 8-bit grey or sRGB. Only the first frame of an animation is
    /// used.
    /// </summary>
    /// <param name="file">The content of a PNG, JPEG or WebP file.</param>
    /// <param name="shape">The shape to convert to.</param>
    /// <param name="maxPixels">The maximum number of pixels. The header is checked before anything is decoded.</param>
    /// <returns><c>[channels, height, width]</c>, 0 to 255.</returns>
    /// <exception cref="PictureException">The file has another format, is damaged or is too large.</exception>
    public static byte[] Decode(byte[] file, PictureShape shape, long maxPixels)
    {
        try
        {
            using var loaded = Load(file, shape.Side, maxPixels);
            using var square = CropToSquare(loaded);
            using var scaled = NeedsNoScaling(square, shape.Side) ? square.Copy() : square.ThumbnailImage(
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

    // Crops before scaling: scaling a picture that is one pixel wide and very long would enlarge its whole length first.
    private static Image CropToSquare(Image image)
    {
        var side = ShorterSide(image);
        return image.Crop((image.Width - side) / 2, (image.Height - side) / 2, side, side);
    }

    // Skips the scaling of pictures that already have the final size, such as those exported from a data set. Scaling would take half of
    // the time.
    private static bool NeedsNoScaling(Image image, int side) =>
        image.Width == side && image.Height == side
        && image.Interpretation != Enums.Interpretation.Cmyk && !HasProfile(image) && !image.Contains("orientation");

    private static bool HasProfile(Image image) => image.Contains("icc-profile-data");

    private static Image Load(byte[] file, int side, long maxPixels)
    {
        if (file.Length == 0) throw new PictureException("it is empty");
        return file switch
        {
            [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0d, 0x0a, 0x1a, 0x0a, ..] =>
                CheckSize(Image.PngloadBuffer(file, access: Enums.Access.Sequential, failOn: Enums.FailOn.Truncated), maxPixels),
            [0xff, 0xd8, 0xff, ..] => ShrinkOnLoad(
                CheckSize(Image.JpegloadBuffer(file, access: Enums.Access.Sequential, failOn: Enums.FailOn.Truncated), maxPixels),
                image => JpegShrink(image, side),
                shrink => Image.JpegloadBuffer(file, shrink: shrink, access: Enums.Access.Sequential, failOn: Enums.FailOn.Truncated)),
            [(byte)'R', (byte)'I', (byte)'F', (byte)'F', _, _, _, _, (byte)'W', (byte)'E', (byte)'B', (byte)'P', ..] => ShrinkOnLoad(
                CheckSize(Image.WebploadBuffer(file, access: Enums.Access.Sequential, failOn: Enums.FailOn.Truncated), maxPixels),
                image => Math.Max(1, ShorterSide(image) / (side * ShrinkMargin)),
                shrink => Image.WebploadBuffer(file, scale: 1.0 / shrink, access: Enums.Access.Sequential, failOn: Enums.FailOn.Truncated)),
            _ => throw new PictureException(
                $"it is not a PNG, JPEG or WebP file: it starts with {Convert.ToHexStringLower(file.AsSpan(0, Math.Min(8, file.Length)))}"),
        };
    }

    private static Image CheckSize(Image image, long maxPixels)
    {
        if ((long)image.Width * image.Height <= maxPixels) return image;
        using (image)
        {
            throw new PictureException($"it has {image.Width}x{image.Height} pixels; the maximum is {maxPixels} (limit MaxPixels)");
        }
    }

    /// <summary>Lets the loader shrink a picture that is much too large, which saves time and memory.</summary>
    private static Image ShrinkOnLoad(Image image, Func<Image, int> shrinkOf, Func<int, Image> reload)
    {
        var shrink = shrinkOf(image);
        if (shrink == 1) return image;
        using (image)
        {
            return reload(shrink);
        }
    }

    private static int JpegShrink(Image image, int side) =>
        JpegShrinks.First(shrink => shrink == 1 || ShorterSide(image) / shrink >= side * ShrinkMargin);

    private static int ShorterSide(Image image) => Math.Min(image.Width, image.Height);

    private static byte[] ToPlanes(byte[] pixels, PictureShape shape)
    {
        if (pixels.Length != shape.Size) throw new PictureException($"it decodes to {pixels.Length} bytes instead of {shape.Size}");
        if (shape.Channels == 1) return pixels;
        var planes = new byte[pixels.Length];
        var size = shape.Side * shape.Side;
        for (var pixel = 0; pixel < size; pixel++)
        {
            for (var channel = 0; channel < shape.Channels; channel++)
                planes[channel * size + pixel] = pixels[pixel * shape.Channels + channel];
        }

        return planes;
    }

    private static string Reason(VipsException damage)
    {
        var lines = damage.Message.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return (lines.Length > 1 ? lines[1] : damage.Message).TrimEnd('.');
    }
}

/// <summary>Owns the process-wide settings of libvips. Create a single instance.</summary>
public sealed class VipsRuntime : IDisposable
{
    private static readonly Log.LogDelegate Ignore = (_, _, _) => { };

    private readonly uint _logHandler;

    /// <summary>
    /// Applies the settings: one thread per picture, because there are many small ones; no operation cache, because operations are not
    /// repeated; and no loaders that are not hardened against malicious files. The SVG loader is the exception: it renders charts and never
    /// reads an uploaded file (<see cref="PictureDecoder"/>).
    /// </summary>
    public VipsRuntime()
    {
        NetVips.NetVips.Concurrency = 1;
        NetVips.NetVips.BlockUntrusted = true;
        Operation.Block("VipsForeignLoadSvg", false);
        (Cache.Max, Cache.MaxMem, Cache.MaxFiles) = (0, 0, 0);
        _logHandler = Log.SetLogHandler("VIPS", Enums.LogLevelFlags.Warning, Ignore); // damaged pictures also raise an exception
    }

    /// <inheritdoc/>
    public void Dispose() => Log.RemoveLogHandler("VIPS", _logHandler);
}
