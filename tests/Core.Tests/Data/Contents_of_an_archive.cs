using GanFunctions.Core.Data;
using GanFunctions.Core.Data.Uploads;
using GanFunctions.Core.Pictures;

namespace GanFunctions.Core.Tests.Data;

public sealed class Idx_files_in_an_archive
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("train-images-idx3-ubyte", 3, IdxPart.TrainImages)]
    [InlineData("x/t10k-labels-idx1-ubyte", 1, IdxPart.TestLabels)]
    [InlineData("images", 3, IdxPart.TrainImages)]
    [InlineData("emnist-letters-train-images-idx3-ubyte", 3, IdxPart.TrainImages)]
    [InlineData("emnist-letters-train-labels-idx1-ubyte", 1, IdxPart.TrainLabels)]
    [InlineData("emnist-letters-test-images-idx3-ubyte", 3, IdxPart.TestImages)]
    [InlineData("emnist-letters-test-labels-IDX1", 1, IdxPart.TestLabels)]
    [InlineData("my-T10K-pictures.UBYTE", 4, IdxPart.TestImages)]
    [InlineData("my-validation.idx", 3, IdxPart.TestImages)]
    [InlineData("my.idx", 4, IdxPart.TrainImages)]
    [InlineData("my.idx", 1, IdxPart.TrainLabels)]
    [InlineData("Test/my.idx", 1, IdxPart.TestLabels)]
    [InlineData("test/train-my.idx", 3, IdxPart.TrainImages)] // the name of the file counts more
    [InlineData("test-labels", 3, IdxPart.TestLabels)] // and more than the number of dimensions
    public async Task Are_found_by_name_and_content(string path, byte dimensions, IdxPart part)
    {
        byte[] content = [0, 0, 8, dimensions, 0, 0, 0, 1];
        foreach (var file in (byte[][])[content, Idx.Gzip(content)])
        {
            var found = (await FindAsync(ArchiveFiles.Of(path, file), ArchiveFiles.Of("notes.txt", [1])))!;

            Assert.Equal([part], found.Parts.Select(each => each.Key));
            Assert.Equal(path, found.Parts[part].Single().Path);
            Assert.Equal([new FileProblem("notes.txt", "it is not an IDX file")], found.Others);
        }
    }

    [Theory]
    [InlineData(new byte[] { 0, 0, 7, 1 })]
    [InlineData(new byte[] { 0, 0, 15, 1 })]
    [InlineData(new byte[] { 0, 0, 8, 0 })]
    [InlineData(new byte[] { 0, 0, 8, 5 })]
    [InlineData(new byte[] { 1, 0, 8, 1 })]
    [InlineData(new byte[] { 0, 1, 8, 1 })]
    [InlineData(new byte[] { 0, 0, 8 })]
    [InlineData(new byte[] { 0x1f, 0x8b, 8, 1 })]
    [InlineData(new byte[] { })]
    public async Task Must_have_their_header(byte[] content)
    {
        Assert.Null(await FindAsync(ArchiveFiles.Of("my.idx", content)));
        Assert.Null(await FindAsync(ArchiveFiles.Of("my.bin", [0, 0, 8, 1]))); // nor the name
        var named = await FindAsync(ArchiveFiles.Of("x/train-images", content), ArchiveFiles.Of("y/other", content)); // so that its error is reported
        Assert.Equal([IdxPart.TrainImages], named!.Parts.Select(each => each.Key));
    }

    [Theory]
    [InlineData(".png .jpg .jpeg .webp .gif .bmp .tif .tiff .avif .heic .pgm .ppm .PNG", false)]
    [InlineData(".txt .svg .pngx", true)]
    public async Task Are_not_beside_pictures(string extensions, bool found)
    {
        foreach (var extension in extensions.Split(' '))
            Assert.Equal(found, await FindAsync(ArchiveFiles.Of("images", [0, 0, 8, 3]), ArchiveFiles.Of($"x/1{extension}", [1])) is not null);
        Assert.NotNull(await FindAsync(ArchiveFiles.Of("images.idx.png/labels.idx", [0, 0, 8, 1])));
    }

    [Fact]
    public async Task Are_read_and_may_be_transposed()
    {
        byte[] picture = [.. Enumerable.Range(0, 2 * 32 * 32).Select(value => (byte)(value * 7 >> 3))];
        ArchiveFile[] files = [ArchiveFiles.Of("images", Idx.File([2, 32, 32], picture)), ArchiveFiles.Of("copy/labels", Idx.File([2], [4, 5])),
            ArchiveFiles.Of("labels", Idx.Gzip(Idx.File([2], [4, 5])))];
        var upload = (await FindAsync(files))!;

        var (parts, transposed) = (await ReadAsync(upload), await IdxUploadReader.ReadAsync(upload, 10_000, transpose: true, Cancellation));

        Assert.Equal(picture, parts[IdxPart.TrainImages].Data);
        Assert.Equal([4, 5], parts[IdxPart.TrainLabels].Data);
        Assert.Equal([4, 5], transposed[IdxPart.TrainLabels].Data);
        Assert.Equal([2, 32, 32], transposed[IdxPart.TrainImages].Shape);
        for (var at = 0; at < picture.Length; at++)
            Assert.Equal(picture[at], transposed[IdxPart.TrainImages].Data[(at / 1024 * 1024) + (at % 32 * 32) + (at % 1024 / 32)]);
    }

    [Fact]
    public async Task Have_colours_premultiplied_by_alpha()
    {
        byte[] picture = [.. Enumerable.Repeat((byte)200, 3 * 1024), .. Enumerable.Repeat((byte)0, 1024)];

        var parts = await ReadAsync((await FindAsync(ArchiveFiles.Of("images", Idx.File([1, 4, 32, 32], picture))))!);

        Assert.Equal(new byte[4096], parts[IdxPart.TrainImages].Data);
    }

    public static TheoryData<string, string, byte[][]> Refused { get; } = new()
    {
        { "labels", "train-images-idx3-ubyte: it is missing. Expected pictures and optionally their labels: " + IdxParts.ValidNames + ".", [Idx.File([2], [4, 5])] },
        { "images test-labels", "t10k-images-idx3-ubyte: it is missing. Expected pictures and optionally their labels: " + IdxParts.ValidNames + ".",
            [Idx.Images(2), Idx.File([2], [4, 5])] },
        { "images", "images: it has 2 dimensions (2x3). Expected three for pictures (count, height, width) or four (count, channels, height, width).",
            [Idx.File([2, 3], new byte[6])] },
        { "images labels", "labels: it has 3 dimensions (2x28x28). Expected one for labels (count).", [Idx.Images(2), Idx.Images(2)] },
        { "images", "images: its pictures are 28 pixels wide and 32 high. Expected one of the supported sizes 28x28, 32x32, 64x64, 128x128.",
            [Idx.Images(2, height: 32)] },
        { "images", "images: its pictures are 16 pixels wide and 16 high. Expected one of the supported sizes 28x28, 32x32, 64x64, 128x128.",
            [Idx.Images(2, height: 16, width: 16)] },
        { "images", "images: its pictures have 2 channels. Expected one of 1, 3, 4.", [Idx.File([1, 2, 28, 28], new byte[1568])] },
        { "images labels", "labels: it has 3 labels for the 2 pictures in images. Expected one label for each picture.", [Idx.Images(2), Idx.Labels(3)] },
        { "images test-images test-labels", "test-labels: it has 1 labels for the 2 pictures in test-images. Expected one label for each picture.",
            [Idx.Images(2), Idx.Images(2), Idx.Labels(1)] },
        { "images x/images", "x/images: it is the same part as images but has different content. Expected the files of one data set, one for each part.",
            [Idx.Images(2), Idx.Images(2, seed: 1)] },
        { "images x/images", "x/images: it is the same part as images but has different content. Expected the files of one data set, one for each part.",
            [Idx.Images(1, height: 32, width: 32), Idx.File([1, 1, 32, 32], Idx.Images(1, height: 32, width: 32)[16..])] },
        { "images test-images", "test-images: its pictures are 32x32x1. Expected 28x28x1, the shape of images.",
            [Idx.Images(2), Idx.Images(2, height: 32, width: 32)] },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task Are_refused_if_they_do_not_fit(string paths, string message, byte[][] contents)
    {
        var upload = (await FindAsync([.. paths.Split(' ').Zip(contents, ArchiveFiles.Of)]))!;

        Assert.Equal(message, (await Assert.ThrowsAsync<IdxFormatException>(() => ReadAsync(upload))).Message);
    }

    private static Task<IdxUpload?> FindAsync(params ArchiveFile[] files) => IdxUpload.FindAsync(files, Cancellation);

    private static Task<Dictionary<IdxPart, IdxArray>> ReadAsync(IdxUpload upload) => IdxUploadReader.ReadAsync(upload, 10_000, transpose: false, Cancellation);
}

public sealed class What_is_chosen_for_pictures
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("20 20", 28, 20)]
    [InlineData("28 28", 28, 28)]
    [InlineData("31 28", 28, 31)] // the larger one of two is in the middle
    [InlineData("32 32 20", 32, 32)]
    [InlineData("63 20 63", 32, 63)]
    [InlineData("64", 64, 64)]
    [InlineData("200 200", 64, 200)]
    public async Task Is_the_size_that_half_of_them_have(string sides, int size, int median)
    {
        var choice = await ChooseAsync(new(Channels: 1), [.. sides.Split(' ').Select(side => Flat(int.Parse(side), 300, 9))]);

        Assert.Equal((size, 1, "black", PictureFit.Crop), (choice.Size, choice.Channels, choice.Background, choice.Fit));
        Assert.Equal([$"The size is {size}: half of the pictures have at least {median} pixels on their shorter side."], choice.Reasons);
    }

    [Theory]
    [InlineData(1, 20, 3)]
    [InlineData(1, 21, 1)]
    [InlineData(0, 3, 1)]
    public async Task Is_colour_if_a_twentieth_of_them_has_some(int coloured, int count, int channels)
    {
        var choice = await ChooseAsync(
            new(Size: 28, Fit: PictureFit.Pad), [.. Enumerable.Range(0, count).Select(index => index < coloured ? Flat(28, 28, 255, 0, 0) : Flat(28, 28, 9))]);

        Assert.Equal((channels, PictureFit.Pad), (choice.Channels, choice.Fit));
        Assert.Equal([$"{(channels == 3 ? "Colour" : "Greyscale")}: {coloured} of {count} examined pictures have colour."], choice.Reasons);
    }

    [Theory]
    [InlineData(255, "black")]
    [InlineData(0, "white")]
    public async Task Is_a_background_on_which_transparent_ones_stand_out(int grey, string background)
    {
        var file = PictureFiles.Png(PictureFiles.Flat(28, 28, grey, grey, grey, 255).Insert(PictureFiles.Flat(14, 28, 0, 0, 0, 0), 0, 0));

        var choice = await ChooseAsync(new(Size: 28, Channels: 3), file, Flat(28, 28, 9));

        Assert.Equal(background, choice.Background);
        Assert.Equal(
            [$"The background is {background}: 1 of 2 examined pictures are transparent and stand out more on it. channels=4 keeps their transparency."],
            choice.Reasons);
        Assert.Equal("#102030", (await ChooseAsync(new(Size: 28, Channels: 3, Background: "#102030"), file)).Background);
        Assert.Equal("transparent", (await ChooseAsync(new(Size: 28, Channels: 4), file)).Background);
    }

    [Fact]
    public async Task Does_not_depend_on_unusable_files()
    {
        var choice = await ChooseAsync(new(), [1, 2, 3], Flat(3000, 3000, 9));

        Assert.Equal((28, 1, "black"), (choice.Size, choice.Channels, choice.Background));
        Assert.Equal(["Greyscale: 0 of 0 examined pictures have colour."], choice.Reasons);
    }

    [Fact]
    public async Task Follows_from_two_hundred_of_them()
    {
        var opened = new List<int>();
        var content = Flat(28, 28, 9);
        ArchiveFile[] files =
        [
            .. Enumerable.Range(0, 1000).Select(index => ArchiveFiles.Of($"{index}", content) with
            {
                OpenAsync = _ =>
                {
                    opened.Add(index);
                    return new(new MemoryStream(content));
                },
            }),
        ];

        var choice = await PictureExamination.ChooseAsync(new(Size: 28), files, new DatasetOptions(), Cancellation);

        Assert.Equal(["Greyscale: 0 of 200 examined pictures have colour."], choice.Reasons);
        Assert.Equal(Enumerable.Range(0, 200).Select(index => index * 5), opened);
    }

    private static byte[] Flat(int width, int height, params double[] bands) => PictureFiles.Png(PictureFiles.Flat(width, height, bands));

    private static Task<ConversionChoice> ChooseAsync(ConversionRequest request, params byte[][] pictures) => PictureExamination.ChooseAsync(
        request, [.. pictures.Select((content, index) => ArchiveFiles.Of($"{index}", content))],
        new DatasetOptions { MaxPixels = 1_000_000, MaxPictureBytes = 100_000 }, Cancellation);
}
