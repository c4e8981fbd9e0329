using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using NetVips;
using StbImageSharp;

namespace GanFunctions.Core.Pictures;

/// <summary>
/// Opens picture files. The first bytes of a file select the loader. libvips supports many more formats, some of which can run code; the
/// loaders of those formats are never called.
/// </summary>
internal static class PictureLoader
{
    /// <summary>The supported formats, for messages.</summary>
    public const string Formats = "PNG, JPEG, WebP, GIF, TIFF, AVIF, BMP, PGM or PPM";

    private const int ShrinkMargin = 2; // shrinking on load stops at twice the final size, so that the Lanczos filter does the last step
    private static readonly int[] JpegShrinks = [8, 4, 2, 1]; // the factors that libjpeg supports

    /// <summary>Opens a picture. Pixels are decoded when they are needed.</summary>
    /// <param name="file">The content of the file.</param>
    /// <param name="side">The loader may shrink the picture as long as both sides keep twice this size.</param>
    /// <param name="maxPixels">The maximum number of pixels, according to the header.</param>
    /// <exception cref="PictureException">The file has another format or is too large.</exception>
    /// <exception cref="VipsException">The file is damaged.</exception>
    public static Image Load(byte[] file, int side, long maxPixels)
    {
        const Enums.Access access = Enums.Access.Sequential;
        const Enums.FailOn failOn = Enums.FailOn.Error; // a picture that can only be decoded in part counts as damaged
        if (file.Length == 0) throw new PictureException("it is empty");
        return file switch
        {
            [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0d, 0x0a, 0x1a, 0x0a, ..] =>
                CheckSize(Image.PngloadBuffer(file, access: access, failOn: failOn), maxPixels),
            [0xff, 0xd8, 0xff, ..] => ShrinkOnLoad(
                // libjpeg reports damaged data as a warning.
                CheckSize(Image.JpegloadBuffer(file, access: access, failOn: Enums.FailOn.Warning), maxPixels),
                image => JpegShrink(image, side),
                shrink => Image.JpegloadBuffer(file, shrink: shrink, access: access, failOn: Enums.FailOn.Warning)),
            [(byte)'R', (byte)'I', (byte)'F', (byte)'F', _, _, _, _, (byte)'W', (byte)'E', (byte)'B', (byte)'P', ..] => ShrinkOnLoad(
                CheckSize(Image.WebploadBuffer(file, access: access, failOn: failOn), maxPixels),
                image => Math.Max(1, ShorterSide(image) / (side * ShrinkMargin)),
                shrink => Image.WebploadBuffer(file, scale: 1.0 / shrink, access: access, failOn: failOn)),
            [(byte)'G', (byte)'I', (byte)'F', (byte)'8', ..] => CheckSize(Image.GifloadBuffer(file, access: access, failOn: failOn), maxPixels),
            [(byte)'I', (byte)'I', 0x2a, 0, ..] or [(byte)'M', (byte)'M', 0, 0x2a, ..] =>
                CheckSize(Image.TiffloadBuffer(file, access: access, failOn: failOn), maxPixels),
            [_, _, _, _, (byte)'f', (byte)'t', (byte)'y', (byte)'p', ..] => LoadHeif(file, maxPixels),
            [(byte)'B', (byte)'M', _, _, _, _, 0, 0, 0, 0, ..] => LoadBmp(file, maxPixels),
            [(byte)'P', (byte)'5' or (byte)'6', (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t', ..] => LoadNetpbm(file, maxPixels),
            _ => throw new PictureException(
                $"it is {FileFormats.NameOf(file) ?? $"not a picture and starts with {FileFormats.Start(file)}"}; expected {Formats}"),
        };
    }

    /// <summary>The reason that a libvips exception gives, in one line.</summary>
    public static string Reason(VipsException damage)
    {
        var lines = damage.Message.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return (lines.Length > 1 ? lines[1] : damage.Message).TrimEnd('.');
    }

    private static Image LoadHeif(byte[] file, long maxPixels)
    {
        try
        {
            return CheckSize(Image.HeifloadBuffer(file, access: Enums.Access.Sequential, failOn: Enums.FailOn.Error), maxPixels);
        }
        catch (VipsException unsupported)
        {
            var brand = Encoding.ASCII.GetString(file, 8, Math.Min(4, file.Length - 8));
            throw new PictureException($"it is a HEIF file of type '{brand}' that cannot be decoded; convert it to PNG or JPEG", unsupported);
        }
    }

    private static Image LoadBmp(byte[] file, long maxPixels)
    {
        if (file.Length < 26) throw new PictureException("it is a truncated BMP file");
        CheckSize(
            BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(18)), Math.Abs((long)BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(22))), maxPixels);
        try
        {
            var bitmap = ImageResult.FromMemory(file, ColorComponents.RedGreenBlue);
            using var image = Image.NewFromMemory(bitmap.Data, bitmap.Width, bitmap.Height, 3, Enums.BandFormat.Uchar);
            return image.Copy(interpretation: Enums.Interpretation.Srgb);
        }
        catch (Exception damage) when (damage is InvalidOperationException or IndexOutOfRangeException or EndOfStreamException)
        {
            throw new PictureException("it is a damaged BMP file", damage);
        }
    }

    // Binary PGM and PPM (netpbm.sourceforge.net/doc/pgm.html): "P5 width height maximum", one whitespace character, and the pixels.
    private static Image LoadNetpbm(byte[] file, long maxPixels)
    {
        var (at, values) = (2, new int[3]);
        for (var index = 0; index < values.Length; index++)
        {
            while (at < file.Length && (char.IsWhiteSpace((char)file[at]) || file[at] == '#'))
            {
                if (file[at] == '#') while (at < file.Length && file[at] != '\n') at++;
                else at++;
            }
            var start = at;
            while (at < file.Length && char.IsAsciiDigit((char)file[at])) at++;
            if (!int.TryParse(file.AsSpan(start, at - start), NumberStyles.None, CultureInfo.InvariantCulture, out values[index]) || values[index] == 0)
                throw new PictureException("it is a PGM or PPM file with an unreadable header");
        }
        var (width, height, maximum, bands) = (values[0], values[1], values[2], file[1] == '6' ? 3 : 1);
        if (maximum > byte.MaxValue) throw new PictureException($"it is a PGM or PPM file with a maximum of {maximum}; up to 255 is supported");
        CheckSize(width, height, maxPixels);
        var (pixels, size) = (file.AsMemory(Math.Min(file.Length, at + 1)), (long)width * height * bands);
        if (pixels.Length < size) throw new PictureException($"it is truncated: its {width}x{height} pixels need {size} bytes, and it has {pixels.Length}");
        using var image = Image.NewFromMemory(pixels[..(int)size].ToArray(), width, height, bands, Enums.BandFormat.Uchar);
        using var scaled = maximum == byte.MaxValue ? image.Copy() : image.Linear([(double)byte.MaxValue / maximum], [0]).Cast(Enums.BandFormat.Uchar);
        return scaled.Copy(interpretation: bands == 1 ? Enums.Interpretation.Bw : Enums.Interpretation.Srgb);
    }

    private static Image CheckSize(Image image, long maxPixels)
    {
        try
        {
            CheckSize(image.Width, image.Height, maxPixels);
            return image;
        }
        catch (PictureException)
        {
            image.Dispose();
            throw;
        }
    }

    private static void CheckSize(long width, long height, long maxPixels)
    {
        if (width <= 0 || height <= 0) throw new PictureException($"its header declares {width}x{height} pixels");
        if (width * height > maxPixels) throw new PictureException($"it has {width}x{height} pixels; the maximum is {maxPixels} (limit MaxPixels)");
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
}
