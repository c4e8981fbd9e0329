using NetVips;

namespace GanFunctions.Core.Pictures;

/// <summary>
/// A file cannot be read as a picture. The message says why; it is a clause that starts with "it" and refers to the file.
/// </summary>
public sealed class PictureException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>How a picture that is not square becomes square.</summary>
public enum PictureFit
{
    /// <summary>The centre is cropped to a square. This is the default.</summary>
    Crop,

    /// <summary>The whole picture is centred on the background.</summary>
    Pad,

    /// <summary>Width and height are scaled independently.</summary>
    Stretch,
}

/// <summary>A colour in sRGB, 0 to 255.</summary>
public readonly record struct Rgb(byte Red, byte Green, byte Blue)
{
    /// <summary>Black, the background if no picture is transparent.</summary>
    public static Rgb Black { get; }

    /// <summary>White.</summary>
    public static Rgb White { get; } = new(255, 255, 255);

    internal double[] Bands => [Red, Green, Blue];

    /// <summary>Parses <c>black</c>, <c>white</c> or six hexadecimal digits; null if the text is none of these.</summary>
    public static Rgb? Parse(string text) => text.ToLowerInvariant() switch
    {
        "black" => Black,
        "white" => White,
        { Length: 6 } hex when hex.All(char.IsAsciiHexDigit) && Convert.FromHexString(hex) is [var red, var green, var blue] => new(red, green, blue),
        _ => null,
    };

    /// <summary>The colour in the format of <see cref="Parse"/>.</summary>
    public override string ToString() =>
        this == Black ? "black" : this == White ? "white" : Convert.ToHexStringLower([Red, Green, Blue]);
}

/// <summary>What pictures are converted to.</summary>
/// <param name="Shape">The final size and number of channels.</param>
/// <param name="Fit">How pictures become square.</param>
/// <param name="Background">
/// The colour behind transparent pixels and around padded pictures. Unused if the shape has alpha: the padding is then transparent.
/// </param>
public sealed record PictureTarget(PictureShape Shape, PictureFit Fit = PictureFit.Crop, Rgb Background = default);

/// <summary>
/// Decodes pictures of any size and converts them to the input shape of the networks. The first bytes of a file select the loader
/// (<see cref="PictureLoader"/>).
/// </summary>
public static class PictureDecoder
{
    /// <summary>
    /// Decodes a picture: applies its EXIF orientation, makes it square, scales it with a Lanczos filter and composites it over the background,
    /// or keeps its alpha if the target has alpha. A picture without alpha is opaque. 16-bit, palette, CMYK and other pictures are converted to 8-bit
    /// grey or sRGB. Only the first frame of an animation is used.
    /// </summary>
    /// <param name="file">The content of a picture file.</param>
    /// <param name="target">What to convert to.</param>
    /// <param name="maxPixels">The maximum number of pixels. The header is checked before anything is decoded.</param>
    /// <returns><c>[channels, height, width]</c>, 0 to 255.</returns>
    /// <exception cref="PictureException">The file has another format, is damaged or is too large.</exception>
    public static byte[] Decode(byte[] file, PictureTarget target, long maxPixels)
    {
        var (side, channels) = (target.Shape.Side, target.Shape.Channels);
        try
        {
            using var loaded = PictureLoader.Load(file, side, maxPixels);
            using var cropped = target.Fit == PictureFit.Crop ? CropToSquare(loaded) : loaded.Copy();
            using var scaled = ScaleTo(cropped, side, keepAspect: target.Fit == PictureFit.Pad);
            using var flat = target.Shape.HasAlpha ? scaled.Copy() : Flatten(scaled, target.Background);
            using var coloured = flat.Colourspace(channels == 1 ? Enums.Interpretation.Bw : Enums.Interpretation.Srgb);
            using var converted = coloured.Cast(Enums.BandFormat.Uchar);
            using var bytes = target.Shape.HasAlpha && !converted.HasAlpha() ? converted.Bandjoin(byte.MaxValue) : converted.Copy();
            using var square = Embed(bytes, target);
            return ToPlanes(square.WriteToMemory<byte>(), target.Shape);
        }
        catch (VipsException damage)
        {
            throw new PictureException($"it cannot be decoded ({PictureLoader.Reason(damage)})", damage);
        }
    }

    // Crops before scaling: scaling a picture that is one pixel wide and very long would enlarge its whole length first.
    private static Image CropToSquare(Image image)
    {
        var side = Math.Min(image.Width, image.Height);
        return image.Crop((image.Width - side) / 2, (image.Height - side) / 2, side, side);
    }

    private static Image ScaleTo(Image image, int side, bool keepAspect)
    {
        if (NeedsNoScaling(image, side)) return image.Copy();
        var size = keepAspect ? Enums.Size.Both : Enums.Size.Force;
        return image.ThumbnailImage(side, side, size: size, outputProfile: HasProfile(image) ? "srgb" : null);
    }

    // Skips the scaling of pictures that already have the final size, such as those exported from a data set. It would take half of the
    // conversion time.
    private static bool NeedsNoScaling(Image image, int side) =>
        image.Width == side && image.Height == side
        && image.Interpretation != Enums.Interpretation.Cmyk && !HasProfile(image) && !image.Contains("orientation");

    private static bool HasProfile(Image image) => image.Contains("icc-profile-data");

    private static Image Flatten(Image image, Rgb background)
    {
        if (!image.HasAlpha()) return image.Copy();
        using var coloured = image.Colourspace(Enums.Interpretation.Srgb);
        return coloured.Flatten(background: background.Bands);
    }

    private static Image Embed(Image image, PictureTarget target)
    {
        var side = target.Shape.Side;
        if (image.Width == side && image.Height == side) return image.Copy();
        var (left, top) = ((side - image.Width) / 2, (side - image.Height) / 2);
        if (target.Shape.HasAlpha) return image.Embed(left, top, side, side, extend: Enums.Extend.Black); // all bands are 0: transparent
        using var pixel = Image.NewFromMemory([target.Background.Red, target.Background.Green, target.Background.Blue], 1, 1, 3, Enums.BandFormat.Uchar);
        using var srgb = pixel.Copy(interpretation: Enums.Interpretation.Srgb);
        using var background = srgb.Colourspace(image.Interpretation);
        return image.Embed(left, top, side, side, extend: Enums.Extend.Background, background: background.Getpoint(0, 0));
    }

    private static byte[] ToPlanes(byte[] pixels, PictureShape shape)
    {
        if (pixels.Length != shape.Size) throw new PictureException($"it decodes to {pixels.Length} bytes instead of {shape.Size}");
        return Pixels.Deinterleave(pixels, shape);
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
    /// reads an uploaded file (<see cref="PictureLoader"/>).
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
