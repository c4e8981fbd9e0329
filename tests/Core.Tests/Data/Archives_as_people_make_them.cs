using System.IO.Compression;
using System.Text;
using GanFunctions.Core.Data;
using GanFunctions.Core.Pictures;
using GanFunctions.TestKit;
using NetVips;

namespace GanFunctions.Core.Tests.Data;

public sealed class An_archive_as_people_make_them(AzuriteFixture azurite)
{
    private static readonly Encoding ShiftJis = CodePagesEncodingProvider.Instance.GetEncoding("shift_jis")!;
    private static readonly Encoding Cp437 = CodePagesEncodingProvider.Instance.GetEncoding(437)!;
    private readonly Uploader _uploader = new(azurite);
    private readonly CancellationToken _cancellation = TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("train/cats/1 train/dogs/2 val/cats/3 test/dogs/4", "cats dogs", "1 2", "3 4")]
    [InlineData("Train/cats/1 Train/dogs/2 VALID/cats/3 VALID/dogs/4", "cats dogs", "1 2", "3 4")]
    [InlineData("set/training/cats/1 set/training/dogs/2 set/testing/cats/3 set/docs/5 set/README 6", "cats dogs", "1 2", "3")]
    [InlineData("seg_train/seg_train/sea/1 seg_train/seg_train/ice/2 seg_test/seg_test/sea/3 seg_pred/4", "ice sea", "1 2", "3")]
    [InlineData("training_set/1 training_set/2 test_set/3", "", "1 2", "3")]
    [InlineData("cats/train/1 dogs/train/2 cats/test/3 dogs/test/4", "cats dogs", "1 2", "3 4")]
    [InlineData("train/a/1 train/b/2 train/a/3 bus/4", "bus train", "1 2 3 4", null)] // vehicles
    [InlineData("train/cats/1 train/dogs/2 test/3 test/4", "cats dogs", "1 2", null)] // the test pictures have no labels
    public async Task Is_split_by_its_folders(string files, string classes, string train, string? test)
    {
        var loaded = await _uploader.LoadAsync("split", ZipOf(files.Split(' ')));

        Assert.Equal(classes, string.Join(' ', await ClassesAsync("split") ?? []));
        if (test is null) Assert.Equal(train, GreysOf([loaded.Train, loaded.Test!]));
        else Assert.Equal((train, test), (GreysOf([loaded.Train]), GreysOf([loaded.Test!])));
    }

    [Fact]
    public async Task Has_no_classes_from_hidden_files_and_those_of_tools()
    {
        await _uploader.LoadAsync("tidy", ZipOf(
            "cats/1", "dogs/2", ".ipynb_checkpoints/3", "@eaDir/4", ".thumbnails/5", "$RECYCLE.BIN/6", ".git/7", "cats/.hidden/8", "cats/@eaDir/9",
            "cats/.10", "cats/Thumbs.db", "__MACOSX/cats/11"));

        Assert.Equal(["cats", "dogs"], await ClassesAsync("tidy"));
        Assert.Equal((2, 0), ((await StateAsync("tidy")).Total, (await StateAsync("tidy")).ProblemCount));
    }

    [Theory]
    [InlineData("shift_jis", "犬の写真,鳥の写真,猫たちの写真アルバム")]
    [InlineData("gb18030", "狗的照片,鸟的照片,我们家里的猫的照片")]
    [InlineData("ibm437", "ä,ö")]
    [InlineData("ibm850", "ä,ö")]
    [InlineData("utf-8", "犬,鳥")]
    public async Task Decodes_names_in_undeclared_encodings(string encoding, string names)
    {
        var page = encoding == "utf-8" ? Encoding.UTF8 : CodePagesEncodingProvider.Instance.GetEncoding(encoding)!;
        var zip = Zipped(page, [.. names.Split(',').SelectMany((name, i) => new[] { ($"{name}/1.png", i * 2 + 1), ($"{name}/2.png", i * 2 + 2) })]);

        await _uploader.LoadAsync("encoded", zip);

        Assert.Equal(names.Split(',').Order(StringComparer.Ordinal), (await ClassesAsync("encoded"))!.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Never_merges_short_names_in_an_unknown_encoding()
    {
        await _uploader.LoadAsync("short", Zipped(ShiftJis, [("犬/1.png", 1), ("鳥/1.png", 2)]));

        Assert.Equal(2, (await ClassesAsync("short"))!.Distinct().Count());
    }

    [Fact]
    public async Task Is_converted_without_its_unusable_entries()
    {
        var loaded = await _uploader.LoadAsync("odd", Zipped(
            Cp437, [("cats\\1.png", 1), ("/dogs/2.png", 2), ("C:\\dogs\\3.png", 3), ("cats/2021-01-01 10:20:30.png", 4), ("cats/1.png", 5), ("../6.png", 6),
                ("cats/../../7.png", 7), ("dogs/8.png", -1)]));

        Assert.Equal("1 2 3 4", GreysOf([loaded.Train, loaded.Test!]));
        Assert.Equal(["cats", "dogs"], await ClassesAsync("odd"));
        Assert.Equal(
            ["../6.png: its path points outside the archive", "cats/../../7.png: its path points outside the archive",
                "cats/1.png: the archive contains this path twice; the first file is used", "dogs/8.png: it is a symbolic link"],
            (await StateAsync("odd")).Problems.Select(each => $"{each.File}: {each.Problem}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task From_the_Finder_may_declare_a_wrong_number_of_files()
    {
        var zip = Idx.Zip([.. Enumerable.Range(0, 70_000).Select(i => ($"{i}.txt", Array.Empty<byte>())), ("1.png", PictureFiles.Grey(1)),
            ("2.png", PictureFiles.Grey(2))])
            .ToArray();
        var end64 = zip.AsSpan().LastIndexOf("PK\u0006\u0006"u8);
        var (bytes, at) = (BitConverter.ToUInt64(zip, end64 + 40), BitConverter.ToUInt64(zip, end64 + 48));
        byte[] end = [.. "PK\u0005\u0006"u8, 0, 0, 0, 0, .. BitConverter.GetBytes((ushort)(70_002 & 0xffff)),
            .. BitConverter.GetBytes((ushort)(70_002 & 0xffff)),
            .. BitConverter.GetBytes((uint)bytes), .. BitConverter.GetBytes((uint)at), 0, 0];

        var loaded = await _uploader.LoadAsync("finder", new MemoryStream([.. zip[..end64], .. end]));

        Assert.Equal("1 2", GreysOf([loaded.Train, loaded.Test!]));
    }

    [Fact]
    public async Task Is_converted_without_damaged_files_and_classes_that_have_no_picture()
    {
        var zip = Idx.Zip(("a/1.png", PictureFiles.Grey(1)), ("b/2.png", [1, 2, 3]), ("c/3.png", PictureFiles.Grey(3)), ("d/4.png", PictureFiles.Grey(4)),
            ("empty/notes.txt", [1]), ("a/5.png", PictureFiles.Grey(5))).ToArray();
        var crc = zip.AsSpan().LastIndexOf("PK\u0001\u0002"u8);
        while (Encoding.ASCII.GetString(zip, crc + 46, 7) != "d/4.png") crc = zip.AsSpan(0, crc).LastIndexOf("PK\u0001\u0002"u8);
        zip[crc + 16] ^= 1;

        var loaded = await _uploader.LoadAsync("damaged", new MemoryStream(zip));

        Assert.Equal(["a", "c"], await ClassesAsync("damaged"));
        Assert.Equal("1 3 5", GreysOf([loaded.Train, loaded.Test!]));
        Assert.Equal((byte)1, new[] { loaded.Train, loaded.Test! }.SelectMany(set => set.Labels!).Max());
        Assert.Equal(
            ["b/2.png: it is not a picture and starts with 010203", "b/: none of its files is a readable picture, so it is not a class",
                "d/4.png: it is damaged: its content does not match its checksum (CRC-32)", "d/: none of its files is a readable picture, so it is not a class",
                "empty/notes.txt: it is not a picture, according to its name"],
            (await StateAsync("damaged")).Problems.Select(each => $"{each.File}: {each.Problem.Split("; expected")[0]}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Has_its_classes_in_natural_order()
    {
        await _uploader.LoadAsync("twelve", ZipOf([.. Enumerable.Range(0, 12).Select(i => $"{i}/{i + 1}"), "0/20"]));

        Assert.Equal(Enumerable.Range(0, 12).Select(i => $"{i}"), await ClassesAsync("twelve"));
    }

    [Theory]
    [InlineData("labels.csv", "file,label\ncats/1.png,tabby\n2.png,\"red, fox\"\r\ndeep/3,tabby\n")]
    [InlineData("set/labels.csv", "id,breed\n1,tabby\n2,\"red, fox\"\n3,tabby")]
    [InlineData("dataset.json", """{"labels": [["cats/1.png", "tabby"], ["2.png", "red, fox"], ["deep/3.png", "tabby"]]}""")]
    public async Task Has_the_labels_of_its_label_file(string name, string content)
    {
        var loaded = await _uploader.LoadAsync("listed", Idx.Zip(
            ("cats/1.png", PictureFiles.Grey(1)), ("2.png", PictureFiles.Grey(2)), ("deep/3.png", PictureFiles.Grey(3)), ("deep/9.png", PictureFiles.Grey(9)),
            (name, Encoding.UTF8.GetBytes(content))));

        Assert.Equal(["red, fox", "tabby"], await ClassesAsync("listed"));
        Assert.Equal("1 2 3", GreysOf([loaded.Train, loaded.Test!]));
        Assert.Contains(new FileProblem("deep/9.png", $"{name} does not list it"), (await StateAsync("listed")).Problems);
    }

    [Fact]
    public async Task Takes_the_labels_of_StyleGAN_and_has_none_if_it_lists_none()
    {
        (string, byte[])[] pictures = [("00000/img0.png", PictureFiles.Grey(1)), ("00000/img1.png", PictureFiles.Grey(2)),
            ("00001/img2.png", PictureFiles.Grey(3))];
        await _uploader.LoadAsync("stylegan", Idx.Zip([.. pictures,
            ("dataset.json", """{"labels":[["00000/img0.png",6],["00000/img1.png",10],["00001/img2.png",6]]}"""u8.ToArray())]));
        await _uploader.LoadAsync("unlabelled", Idx.Zip([.. pictures, ("dataset.json", """{"labels": null}"""u8.ToArray())]));
        var broken = await _uploader.UploadAsync("broken", Idx.Zip([.. pictures, ("dataset.json", """{"labels":[["""u8.ToArray())]));

        Assert.Equal(["6", "10"], await ClassesAsync("stylegan"));
        Assert.Null(await ClassesAsync("unlabelled")); // its folders are not classes
        Assert.StartsWith("dataset.json: it cannot be read (", broken.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task In_colour_becomes_a_data_set_in_colour_of_the_size_that_suits_most_pictures()
    {
        (string, byte[])[] pictures =
        [
            .. Enumerable.Range(0, 6).Select(i => ($"{i}.png", PictureFiles.Png(PictureFiles.Flat(70 + i, 90, 200, 10, i)))),
            ("small.png", PictureFiles.Png(PictureFiles.Flat(20, 20, 5))),
        ];

        var loaded = await _uploader.LoadAsync("colour", Idx.Zip(pictures));
        var grey = await _uploader.LoadAsync("grey", Idx.Zip([.. Enumerable.Range(0, 4).Select(i => ($"{i}.png", PictureFiles.Grey(i, 40)))]));

        Assert.Equal((new PictureShape(64, 3), new PictureShape(32, 1)), (loaded.Train.Shape, grey.Train.Shape));
        Assert.Equal(
            ["The size is 64: half of the pictures have at least 72 pixels on their shorter side.", "Colour: 6 of 7 examined pictures have colour."],
            (await StateAsync("colour")).Choice!.Reasons);
    }

    [Theory]
    [InlineData(0, null, "white", 255)]
    [InlineData(255, null, "black", 0)]
    [InlineData(0, "ff0000", "ff0000", 76)]
    public async Task With_transparent_pictures_has_a_background_on_which_they_are_visible(int stroke, string? requested, string chosen, int grey)
    {
        var loaded = await _uploader.LoadAsync(
            "strokes", Idx.Zip([.. Enumerable.Range(0, 3).Select(i => ($"{i}.png", Stroke(stroke)))]),
                new(Channels: requested is null ? null : 1, Background: requested));

        Assert.InRange(loaded.Train.Pixels[0], Math.Max(0, grey - 3), Math.Min(255, grey + 60)); // libvips weights the channels in linear light
        Assert.Equal(stroke, loaded.Train.Pixels[14 * 28 + 14]);
        Assert.Equal(chosen, (await StateAsync("strokes")).Choice!.Background);
    }

    [Theory]
    [InlineData(PictureFit.Crop, 200, 200, 200)]
    [InlineData(PictureFit.Stretch, 40, 200, 40)]
    [InlineData(PictureFit.Pad, 255, 200, 255)]
    public async Task That_is_not_square_is_fitted_as_requested(PictureFit fit, int top, int middle, int bottom)
    {
        using var wide = PictureFiles.Flat(90, 30, 200); // padded above and below; 40 at its left and right ends
        using var ends = PictureFiles.Flat(30, 30, 40);
        using var image = wide.Insert(ends, 0, 0).Insert(ends, 60, 0);
        var png = PictureFiles.Png(image.Copy());

        var loaded = await _uploader.LoadAsync("wide", Idx.Zip(("1.png", png), ("2.png", png)), new(28, 1, fit, Background: "white"));

        int At(int row, int column) => loaded.Train.Pixels[row * 28 + column];
        Assert.Equal((fit == PictureFit.Stretch ? 40 : top, middle, fit == PictureFit.Stretch ? 40 : bottom), (At(0, 0), At(14, 14), At(27, 27)));
    }

    private async Task<Conversion> StateAsync(string name) => (await _uploader.Conversions.FindAsync(name, _cancellation))!;

    private async Task<IReadOnlyList<string>?> ClassesAsync(string name) => (await _uploader.Catalog.GetAsync(name, _cancellation))!.ClassNames;

    private static string GreysOf(ImageSet[] sets) =>
        string.Join(' ', sets.SelectMany(set => set.Pixels.Chunk(784)).Select(picture => (int)picture[0]).Order());

    /// <summary>Files whose names end in the grey level of the picture.</summary>
    private static MemoryStream ZipOf(params string[] files) => Idx.Zip([.. files.Select(file =>
        file.Contains('.') && !char.IsAsciiDigit(file[^1])
            ? (file, new byte[] { 1 })
            : ($"{file}.png", PictureFiles.Grey(int.TryParse(file.Split('/', '.')[^1], out var grey) ? grey : 99)))]);

    /// <summary>A zip whose names are in a given encoding, without the UTF-8 flag. A grey level of -1 stands for a symbolic link.</summary>
    private static MemoryStream Zipped(Encoding encoding, (string Name, int Grey)[] files)
    {
        var memory = new MemoryStream();
        using (var zip = new ZipArchive(memory, ZipArchiveMode.Create, leaveOpen: true, encoding))
        {
            foreach (var (name, grey) in files)
            {
                var entry = zip.CreateEntry(name);
                if (grey < 0) entry.ExternalAttributes = unchecked((int)0xA1FF0000);
                using var stream = entry.Open();
                stream.Write(PictureFiles.Grey(Math.Max(0, grey)));
            }
        }
        var bytes = memory.ToArray();
        foreach (var (signature, flags) in new[] { ("PK\u0003\u0004", 7), ("PK\u0001\u0002", 9) })
        {
            for (var at = 0; bytes.AsSpan(at).IndexOf(Encoding.ASCII.GetBytes(signature)) is var next and >= 0; at += next + 4)
                bytes[at + next + flags] &= 0xf7; // bit 11
        }
        return new MemoryStream(bytes);
    }

    private static byte[] Stroke(int value)
    {
        using var transparent = PictureFiles.Flat(28, 28, 0, 0, 0, 0);
        using var stroke = PictureFiles.Flat(10, 10, value, value, value, 255);
        return PictureFiles.Png(transparent.Insert(stroke, 10, 10));
    }
}
