using GanFunctions.Core.Pictures;
using NetVips;

namespace GanFunctions.Core.Tests.Data;

public sealed class A_picture_file
{
    private const long MaxPixels = 50_000_000;
    private static readonly PictureShape Grey28 = PictureShape.Mnist, Colour32 = new(32, 3);

    [Theory]
    [InlineData(28, 1)]
    [InlineData(32, 3)]
    [InlineData(64, 3)]
    public void Of_the_right_size_keeps_every_pixel(int side, int channels)
    {
        var planes = new byte[side * side * channels];
        new Random(1).NextBytes(planes);

        Assert.Equal(planes, PictureDecoder.Decode(PictureFiles.OfPlanes(planes, side, channels), new(new(side, channels)), MaxPixels));
    }

    public static TheoryData<string, byte[], PictureShape, byte[]> Kinds { get; } = new()
    {
        { "a PNG of 16 bit", PictureFiles.Png(Deep(40_000)), Grey28, [156] },
        { "a PNG of 1 bit", PictureFiles.Png(PictureFiles.Flat(28, 28, 255), bits: 1), Grey28, [255] },
        { "a PNG with a palette", PictureFiles.Png(PictureFiles.Flat(50, 50, 255, 0, 0), palette: true), Colour32, [255, 0, 0] },
        { "a PNG with alpha", PictureFiles.Png(PictureFiles.Flat(50, 50, 200, 100, 50, 0)), Colour32, [0, 0, 0] },
        { "a half transparent grey PNG", PictureFiles.Png(PictureFiles.Flat(50, 50, 200, 128)), Grey28, [100] },
        { "a large JPEG", PictureFiles.Jpeg(PictureFiles.Flat(1500, 1000, 90)), Grey28, [90] },
        { "a JPEG of CMYK without ink", PictureFiles.Jpeg(Cmyk()), Colour32, [255, 255, 255] },
        { "a JPEG of another colour space", PictureFiles.Jpeg(PictureFiles.Flat(80, 80, 200, 100, 50), profile: "p3"), Colour32, [214, 93, 31] },
        { "a large WebP", PictureFiles.WebP(PictureFiles.Flat(900, 1200, 10, 200, 30)), Colour32, [10, 200, 30] },
        { "a tiny picture", PictureFiles.Png(PictureFiles.Flat(3, 2, 77)), Grey28, [77] },
        { "a sliver", PictureFiles.Png(PictureFiles.Flat(1, 300_000, 77)), Grey28, [77] },
        { "a GIF", Saved(PictureFiles.Flat(60, 60, 255, 0, 0), image => image.GifsaveBuffer()), Colour32, [255, 0, 0] },
        { "a TIFF", Saved(PictureFiles.Flat(60, 60, 10, 200, 30), image => image.TiffsaveBuffer()), Colour32, [10, 200, 30] },
        { "an AVIF", Saved(PictureFiles.Flat(64, 64, 90, 90, 90), image => image.HeifsaveBuffer(compression: Enums.ForeignHeifCompression.Av1)), Grey28, [90] },
        { "a BMP", PictureFiles.Bmp(10, 200, 30), Colour32, [10, 200, 30] },
        { "a PGM", [.. "P5\n# a comment\n40 30\n255\n"u8, .. Enumerable.Repeat((byte)77, 1200)], Grey28, [77] },
        { "a PGM of 3 greys", [.. "P5 28 28 2\n"u8, .. Enumerable.Repeat((byte)1, 784)], Grey28, [127] },
        { "a PPM", [.. "P6 30 30 255 "u8, .. Enumerable.Repeat(new byte[] { 10, 200, 30 }, 900).SelectMany(pixel => pixel)], Colour32, [10, 200, 30] },
        { "a grey picture in colour", PictureFiles.Png(PictureFiles.Flat(60, 60, 77)), Colour32, [77, 77, 77] },
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Is_decoded_in_every_supported_format(string kind, byte[] file, PictureShape shape, byte[] middle)
    {
        Assert.NotEmpty(kind);
        var pixels = PictureDecoder.Decode(file, new(shape), MaxPixels);

        Assert.Equal(shape.Size, pixels.Length);
        Assert.All(middle.Index(), channel => Assert.InRange(
            pixels[channel.Index * shape.Side * shape.Side + shape.Side / 2 * shape.Side + shape.Side / 2], channel.Item - 2, channel.Item + 2));
    }

    public static TheoryData<string> Formats { get; } = [".png", ".jpg", ".webp", ".gif", ".tif[compression=deflate]", ".avif[effort=0]"];

    /// <summary>Flat colours compress a thousandfold. The size is in the header, so that nothing is unpacked.</summary>
    [Theory]
    [MemberData(nameof(Formats))]
    public void With_more_pixels_than_the_maximum_is_refused_whatever_its_size(string format)
    {
        using var image = PictureFiles.Flat(1500, 1400, 90, 90, 90);
        var file = image.WriteToBuffer(format);

        var refused = Assert.Throws<PictureException>(() => PictureDecoder.Decode(file, new(Colour32), 1500 * 1400 - 1));

        Assert.True(file.Length < 100_000, $"{file.Length} bytes");
        Assert.Equal("it has 1500x1400 pixels; the maximum is 2099999 (limit MaxPixels)", refused.Message);
        Assert.Equal(Colour32.Size, PictureDecoder.Decode(file, new(Colour32), 1500 * 1400).Length);
    }

    [Fact]
    public void That_is_wider_than_high_is_cropped_at_the_sides()
    {
        using var dark = PictureFiles.Flat(100, 100, 20);
        using var bright = PictureFiles.Flat(100, 100, 220);
        using var right = bright.Join(dark, Enums.Direction.Horizontal);

        var pixels = PictureDecoder.Decode(PictureFiles.Png(dark.Join(right, Enums.Direction.Horizontal)), new(Grey28), MaxPixels);

        Assert.All(pixels, pixel => Assert.True(pixel > 150));
    }

    [Fact]
    public void With_an_orientation_is_turned_upright()
    {
        using var dark = PictureFiles.Flat(100, 200, 20);
        using var bright = PictureFiles.Flat(100, 200, 220);
        using var lying = dark.Join(bright, Enums.Direction.Horizontal);
        using var turned = lying.Mutate(image => image.Set(GValue.GIntType, "orientation", 6)); // its left side is the top

        var pixels = PictureDecoder.Decode(PictureFiles.Jpeg(turned.Copy()), new(Grey28), MaxPixels);

        Assert.All(pixels[..(28 * 12)], pixel => Assert.InRange(pixel, 0, 40));
        Assert.All(pixels[^(28 * 12)..], pixel => Assert.InRange(pixel, 200, 240));
    }

    [Fact]
    public void That_is_animated_becomes_its_first_frame()
    {
        using var first = PictureFiles.Flat(40, 40, 30, 30, 30);
        using var second = PictureFiles.Flat(40, 40, 240, 240, 240);
        using var both = first.Join(second, Enums.Direction.Vertical);
        using var frames = both.Mutate(image => image.Set(GValue.GIntType, "page-height", 40));

        Assert.All(PictureDecoder.Decode(PictureFiles.WebP(frames.Copy()), new(Grey28), MaxPixels), pixel => Assert.InRange(pixel, 28, 32));
    }

    public static TheoryData<string, byte[], string> Wrong { get; } = new()
    {
        { "empty", [], "it is empty" },
        { "of SVG", "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>"u8.ToArray(),
            "it is an SVG drawing; expected PNG, JPEG, " },
        { "of a zip", Idx.Zip(("x", [1])).ToArray(), "it is a zip archive; expected PNG, JPEG, " },
        { "of Git LFS", "version https://git-lfs.github.com/spec/v1"u8.ToArray(), "it is a Git LFS pointer, not the file itself; expected PNG, JPEG, " },
        { "of text", "cats"u8.ToArray(), "it is not a picture and starts with \"cats\"; expected PNG, JPEG, " },
        { "of GIF, cut short", "GIF89a"u8.ToArray(), "it cannot be decoded (" },
        { "of TIFF, cut short", [0x49, 0x49, 0x2a, 0, 8, 0, 0, 0, 0], "it cannot be decoded (" },
        { "of HEIC", [0, 0, 0, 24, .. "ftypheic\0\0\0\0mif1heic"u8], "it is a HEIF file of type 'heic' that cannot be decoded; convert it to PNG or JPEG" },
        { "of BMP, cut short", [.. "BM"u8, .. new byte[12]], "it is a truncated BMP file" },
        { "of PGM, cut short", "P5 28 28 255 x"u8.ToArray(), "it is truncated: its 28x28 pixels need 784 bytes, and it has 1" },
        { "half of whose JPEG data is damaged", Half(PictureFiles.Jpeg(Noise(64))), "it cannot be decoded (" },
        { "half of whose PNG data is damaged", Half(PictureFiles.Png(Noise(64))), "it cannot be decoded (" },
        { "half of whose WebP data is missing", PictureFiles.WebP(Noise(64))[..^1000], "it cannot be decoded (" },
        { "too large", PictureFiles.PngThatClaims(100_000, 100_000), "it has 100000x100000 pixels; the maximum is 50000000 (limit MaxPixels)" },
        { "cut short", PictureFiles.Jpeg(PictureFiles.Flat(64, 64, 90))[..^40], "it cannot be decoded (" },
        { "with a signature only", [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a], "it cannot be decoded (" },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void That_is_not_a_picture_is_refused_with_its_format(string kind, byte[] file, string problem)
    {
        Assert.NotEmpty(kind);
        Assert.StartsWith(problem, Assert.Throws<PictureException>(() => PictureDecoder.Decode(file, new(Grey28), MaxPixels)).Message,
            StringComparison.Ordinal);
    }

    private static Image Noise(int side)
    {
        var pixels = new byte[side * side];
        new Random(1).NextBytes(pixels);
        using var image = Image.NewFromMemory(pixels, side, side, 1, Enums.BandFormat.Uchar);
        return image.Copy(interpretation: Enums.Interpretation.Bw);
    }

    private static byte[] Saved(Image image, Func<Image, byte[]> save)
    {
        using (image) return save(image);
    }

    private static byte[] Half(byte[] file)
    {
        new Random(2).NextBytes(file.AsSpan(file.Length / 2, file.Length / 4));
        return file;
    }

    private static Image Deep(int value)
    {
        using var black = Image.Black(28, 28);
        using var flat = black.Linear([1], [value]);
        using var words = flat.Cast(Enums.BandFormat.Ushort);
        return words.Copy(interpretation: Enums.Interpretation.Grey16);
    }

    private static Image Cmyk()
    {
        using var noInk = PictureFiles.Flat(80, 80, 0, 0, 0, 0);
        return noInk.Copy(interpretation: Enums.Interpretation.Cmyk);
    }
}
