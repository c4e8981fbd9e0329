using GanFunctions.Core.Data;
using GanFunctions.Core.Pictures;
using GanFunctions.TestKit;
using NetVips;

namespace GanFunctions.Core.Tests.Data;

public sealed class A_transparent_picture(AzuriteFixture azurite)
{
    private const long MaxPixels = 1_000_000;
    private const int Side = 32;
    private const int Plane = Side * Side;
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static readonly PictureShape Shape = new(Side, 4);

    [Fact]
    public void Keeps_its_alpha_and_is_read_the_same_after_it_was_written()
    {
        var planes = new byte[4 * Plane];
        new Random(1).NextBytes(planes);

        var read = PictureDecoder.Decode(PictureFiles.OfPlanes(planes, Side, 4), new(Shape), MaxPixels);
        var written = PictureGrid.Png(read, Shape, columns: 1, scale: 1, Cancellation);

        Assert.Equal(planes[(3 * Plane)..], read[(3 * Plane)..]);
        Assert.Equal(read, PictureDecoder.Decode(written, new(Shape), MaxPixels));
        using var image = Image.NewFromBuffer(written);
        var pixels = image.WriteToMemory<byte>();
        for (var at = 0; at < 3 * Plane; at++)
        {
            var (alpha, colour) = (planes[3 * Plane + at % Plane], pixels[at % Plane * 4 + at / Plane]);
            Assert.InRange(read[at], 0, alpha);
            if (alpha > 0) Assert.InRange(colour, planes[at] - 128 / alpha - 1, planes[at] + 128 / alpha + 1);
            else Assert.Equal(0, colour);
        }
    }

    [Theory]
    [InlineData(100, 0)]
    [InlineData(100, 255)]
    [InlineData(9, 255)]
    public void Has_no_fringes_after_it_was_scaled(int side, int hidden)
    {
        using var red = PictureFiles.Flat(side, side, 255, 0, 0, 255);
        using var invisible = PictureFiles.Flat(side / 2, side, hidden, hidden, hidden, 0);
        using var half = red.Insert(invisible, 0, 0);

        using var scaled = Written(PictureFiles.Png(half.Copy()), new(Shape));

        var pixels = scaled.WriteToMemory<byte>().Chunk(4).ToList();
        Assert.All(pixels.Where(pixel => pixel[3] > 0), pixel => Assert.InRange(pixel[0], 253, 255)); // libvips rounds down after it scaled
        Assert.All(pixels, pixel => Assert.Equal((0, 0), (pixel[1], pixel[2])));
        Assert.Equal((0, 255), (pixels[0][3], pixels[^1][3]));
        Assert.Contains(pixels, pixel => pixel[3] is > 0 and < 255);
    }

    public static TheoryData<string, byte[], byte[]> Kinds { get; } = new()
    {
        { "grey", PictureFiles.Grey(77, 40), [77, 77, 77, 255] },
        { "a JPEG", PictureFiles.Jpeg(PictureFiles.Flat(64, 64, 10, 200, 30)), [10, 200, 30, 255] },
        { "grey with alpha", PictureFiles.Png(PictureFiles.Flat(50, 50, 200, 128)), [200, 200, 200, 128] },
        { "of 16 bits", PictureFiles.Png(Deep(50)), [200, 100, 50, 128] },
        { "of 16 bits and the final size", PictureFiles.Png(Deep(Side)), [200, 100, 50, 128] },
        { "with a palette", PictureFiles.Png(PictureFiles.Flat(50, 50, 200, 100, 50, 128), palette: true), [200, 100, 50, 128] },
        { "a WebP", PictureFiles.WebP(PictureFiles.Flat(50, 50, 200, 100, 50, 128)), [200, 100, 50, 128] },
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public void May_have_any_format_and_is_opaque_without_alpha(string kind, byte[] file, byte[] expected)
    {
        Assert.NotEmpty(kind);
        using var written = Written(file, new(Shape));

        Assert.All(expected.Zip(written.Getpoint(Side / 2, Side / 2)), band => Assert.InRange(band.Second, band.First - 2, band.First + 2));
    }

    [Fact]
    public void Is_padded_with_transparency()
    {
        using var padded = Written(PictureFiles.Png(PictureFiles.Flat(64, 32, 9, 8, 7)), new(Shape, PictureFit.Pad, Rgb.White));

        Assert.Equal([0, 0, 0, 0], padded.Getpoint(Side / 2, 2));
        Assert.Equal([9, 8, 7, 255], padded.Getpoint(Side / 2, Side / 2));
    }

    [Fact]
    public void Is_shown_on_white_as_JPEG_and_in_a_transparent_grid_otherwise()
    {
        using var grid = PictureGrid.Of(new byte[2 * Shape.Size], Shape, columns: 2, scale: 1);
        using var jpeg = Image.NewFromBuffer(PictureEncoder.Encode(grid, PictureFormat.Jpeg, Cancellation));
        using var webp = Image.NewFromBuffer(PictureEncoder.Encode(grid, PictureFormat.WebP, Cancellation));

        Assert.Equal([255, 255, 255], jpeg.Getpoint(5, 5));
        Assert.Equal([0, 0, 0, 0], webp.Getpoint(Side, 5)); // in the gap
    }

    [Theory]
    [InlineData(AnimationFormat.Gif)]
    [InlineData(AnimationFormat.WebP)]
    public void Uncovers_the_background_in_an_animation(AnimationFormat format)
    {
        byte[] opaque = [.. Enumerable.Repeat((byte)200, Shape.Size - Plane), .. Enumerable.Repeat((byte)255, Plane)];
        using var frames = PictureGrid.Of([.. opaque, .. new byte[Shape.Size]], Shape, columns: 1, scale: 1, frames: 2);

        using var animation = Image.NewFromBuffer(PictureEncoder.Animate(frames, [100, 100], format, Cancellation), kwargs: new() { ["n"] = -1 });

        Assert.Equal([200, 200, 200, 255], animation.Getpoint(9, 9));
        Assert.Equal(0, animation.Getpoint(9, Side + 9)[3]);
    }

    [Fact]
    public async Task Stays_transparent_in_a_data_set_if_that_is_requested()
    {
        var uploader = new Uploader(azurite);
        (string, byte[])[] files = [.. Enumerable.Range(0, 3).Select(i => ($"{i}.png", PictureFiles.Png(PictureFiles.Flat(40, 40, 200, 100, i, 51))))];

        var kept = await uploader.LoadAsync("kept", Idx.Zip(files), new(Channels: 4));
        var flattened = await uploader.LoadAsync("flattened", Idx.Zip(files), new(Channels: 3));

        Assert.Equal((Shape, 3), (kept.Train.Shape, flattened.Train.Channels));
        Assert.Equal([40, 20, 51], [kept.Train.Pixels[0], kept.Train.Pixels[Plane], kept.Train.Pixels[3 * Plane]]);
        Assert.Equal(ConversionChoice.Transparent, (await ChoiceAsync("kept")).Background);
        Assert.EndsWith("channels=4 keeps their transparency.", (await ChoiceAsync("flattened")).Reasons[^1], StringComparison.Ordinal);

        async Task<ConversionChoice> ChoiceAsync(string name) =>
            (await uploader.Conversions.FindAsync(name, Cancellation))!.Choice!;
    }

    [Fact]
    public async Task In_an_IDX_file_has_straight_colours()
    {
        byte[] picture = [.. Enumerable.Repeat((byte)200, 3 * Plane), .. Enumerable.Repeat((byte)51, Plane)];
        byte[] pictures = [.. Enumerable.Repeat(picture, 12).SelectMany(each => each)];

        var loaded = await new Uploader(azurite).LoadAsync("idx", Idx.Upload(Idx.File([12, 4, Side, Side], pictures)));

        Assert.Equal(Shape, loaded.Train.Shape);
        Assert.Equal<byte>([40, 51], [.. loaded.Train.Pixels.Distinct().Order()]);
    }

    private static Image Written(byte[] file, PictureTarget target) =>
        Image.NewFromBuffer(PictureGrid.Png(PictureDecoder.Decode(file, target, MaxPixels), target.Shape, columns: 1, scale: 1, Cancellation));

    private static Image Deep(int side)
    {
        using var flat = PictureFiles.Flat(side, side, 200, 100, 50, 128);
        using var words = (flat * 257).Cast(Enums.BandFormat.Ushort);
        return words.Copy(interpretation: Enums.Interpretation.Rgb16);
    }
}
