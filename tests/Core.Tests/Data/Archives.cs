using System.Buffers.Binary;
using System.Text;
using GanFunctions.Core.Data;
using GanFunctions.Core.Data.Uploads;

namespace GanFunctions.Core.Tests.Data;

public sealed class A_path_in_an_archive
{
    [Theory]
    [InlineData("a/b", "a/b")]
    [InlineData(@"a\b", "a/b")]
    [InlineData(@"C:\x\y", "x/y")]
    [InlineData("z:/x", "x")]
    [InlineData("1:/x", "1:/x")]
    [InlineData("C:x", "C:x")]
    [InlineData("/a", "a")]
    [InlineData("//a//b/", "a/b")]
    [InlineData("./a/./b", "a/b")]
    [InlineData("a/..b/...", "a/..b/...")]
    [InlineData("", null)]
    [InlineData("/", null)]
    [InlineData(".", null)]
    [InlineData("C:/", null)]
    [InlineData("../a", null)]
    [InlineData("a/../b", null)]
    [InlineData(@"a\..", null)]
    [InlineData("a\0b", null)]
    public void Is_relative_and_below_the_root(string name, string? path) => Assert.Equal(path, ArchivePaths.Normalize(name));

    [Theory]
    [InlineData("__MACOSX/a")]
    [InlineData("x/@eaDir/a")]
    [InlineData("$RECYCLE.BIN/a")]
    [InlineData("system volume information/a")]
    [InlineData("lost+found/a")]
    [InlineData("__pycache__/a")]
    [InlineData("x/Thumbs.db")]
    [InlineData("EHTHUMBS.DB")]
    [InlineData("x/Desktop.ini")]
    [InlineData("x/Icon\r")]
    [InlineData(".git/a")]
    [InlineData("x/.hidden")]
    public void Is_ignored_if_a_system_or_tool_has_made_it(string path) => Assert.True(ArchivePaths.IsJunk(path));

    [Theory]
    [InlineData("a/b.png")]
    [InlineData("a.b/c.")]
    [InlineData("Icon")]
    [InlineData("my Thumbs.db/a")]
    public void Is_not_ignored_otherwise(string path) => Assert.False(ArchivePaths.IsJunk(path));
}

public sealed class The_layout_of_an_archive
{
    [Theory]
    [InlineData("1.png 2.png", "train train")]
    [InlineData("cats/1 dogs/2", "train:cats train:dogs")]
    [InlineData("set/cats/1 set/dogs/2", "train:cats train:dogs")]
    [InlineData("set/cats/1 set/dogs/deep/2", "train:cats train:dogs")]
    [InlineData("cats/1 dogs/2 3", "train:cats train:dogs -")] // 3 is in no class
    [InlineData("set/cats/1 set/dogs/2 3", "train:cats train:dogs -")]
    [InlineData("train/1 test/2", "train test")]
    [InlineData("train/cats/1 train/dogs/2 val/cats/3", "train:cats train:dogs test:cats")]
    [InlineData("train/cats/1 train/dogs/2 val/cats/3 other/cats/4 5", "train:cats train:dogs test:cats - -")]
    [InlineData("train/train/cats/1 train/train/dogs/2 test/test/cats/3", "train:cats train:dogs test:cats")]
    [InlineData("train/test/1 train/cats/2 test/cats/3", "train:test train:cats test:cats")] // a class of that name
    [InlineData("cats/train/1 cats/test/2 dogs/train/3", "train:cats test:cats train:dogs")]
    [InlineData("cats/train/1 cats/test/2 dogs/3", "train:cats test:cats -")]
    [InlineData("cats/train/1 cats/test/2 dogs/other/3", "train:cats train:cats train:dogs")] // other is neither, so none of them is a split
    [InlineData("train/cats/1 bus/dogs/2", "train:train train:bus")] // vehicles
    [InlineData("train_test/1 test/2", "train:train_test train:test")] // says both
    public void Follows_from_its_folders(string files, string places) => Assert.Equal(places, Described(ArchiveLayout.Of(files.Split(' '))));

    [Theory]
    [InlineData("train")]
    [InlineData("Training")]
    [InlineData("my-trn")]
    [InlineData("2021_train set")]
    [InlineData("train1.old")]
    public void Has_training_pictures_in_a_folder_of_such_a_name(string folder) =>
        Assert.Equal("train test", Described(ArchiveLayout.Of([$"{folder}/1", "test/2"])));

    [Theory]
    [InlineData("test")]
    [InlineData("TESTING")]
    [InlineData("tst")]
    [InlineData("val")]
    [InlineData("valid")]
    [InlineData("validation")]
    [InlineData("dev")]
    [InlineData("eval")]
    [InlineData("evaluation")]
    public void Has_test_pictures_in_a_folder_of_such_a_name(string folder)
    {
        Assert.Equal("train test", Described(ArchiveLayout.Of(["train/1", $"{folder}/2"])));
        Assert.True(ArchiveLayout.IsTest($"train/{folder}-0001.parquet"));
        Assert.False(ArchiveLayout.IsTest($"{folder}/train-0001.parquet"));
    }

    [Fact]
    public void Skips_files_that_are_not_pictures_by_their_names()
    {
        const string extensions = ".txt .md .rst .csv .tsv .json .jsonl .xml .yaml .yml .toml .html .htm .pdf .doc .docx .xls .xlsx .rtf .py .ipynb .m .mat .npy "
            + ".npz .pkl .pt .pth .h5 .hdf5 .parquet .arrow .log .ini .cfg .zip .tar .gz .tgz .rar .7z .mp3 .mp4 .avi .mov .wav .db .lnk .url .sh .bat .exe .js .css";
        const string names = "README LICENSE LICENCE COPYING NOTICE CHANGELOG AUTHORS Makefile labels classes";
        foreach (var file in extensions.Split(' ').Select(extension => $"x{extension}").Concat(names.Split(' ')))
        {
            Assert.False(ArchiveLayout.MayBePicture($"folder.png/{file.ToUpperInvariant()}"), file);
            Assert.False(ArchiveLayout.MayBePicture(file), file);
        }
        foreach (var file in (string[])["1.png", "1", "labels/1", "x.zip/1.jpeg", "README.png"]) Assert.True(ArchiveLayout.MayBePicture(file), file);
    }

    [Fact]
    public void Says_why_a_file_is_skipped()
    {
        Assert.Equal(
            [null, null, ArchiveLayout.NotInFolder, "it is not a picture, according to its name"], ArchiveLayout.Of(["a/1", "b/2", "3", "notes.txt"]).Problems);
        Assert.Equal(
            [null, null, "it is outside the folders with the training and test pictures"], ArchiveLayout.Of(["train/1", "test/2", "3"]).Problems);
        Assert.Equal(
            [null, null, "it is outside the folders with the training and test pictures"], ArchiveLayout.Of(["a/train/1", "a/test/2", "3"]).Problems);
    }

    [Fact]
    public void Has_its_classes_in_natural_order()
    {
        var layout = ArchiveLayout.Of(["b10/1", "b9/2", "a/3", "b09/4"]);

        Assert.Equal(["a", "b09", "b9", "b10"], layout.ClassNames);
        Assert.Equal([3, 2, 0, 1], layout.Places.Select(place => (int)place!.Value.Label));
        Assert.Null(ArchiveLayout.Of(["1", "2"]).ClassNames);
        Assert.Null(ArchiveLayout.Of([]).ClassNames);
    }

    [Fact]
    public void Has_at_most_256_classes()
    {
        Assert.Equal(255, ArchiveLayout.Of(Folders(256)).Places[255]!.Value.Label);

        var refusal = Assert.Throws<UploadRefusedException>(() => ArchiveLayout.Of(Folders(257)));
        Assert.Equal("the upload: it has 257 classes. Expected at most 256.", refusal.Message);

        static string[] Folders(int count) => [.. Enumerable.Range(0, count).Select(index => $"{index}/1.png")];
    }

    private static string Described(ArchiveLayout layout) => string.Join(' ', layout.Places.Select(place => place is { } at
        ? $"{(at.IsTest ? "test" : "train")}{(layout.ClassNames is { } names ? $":{names[at.Label]}" : "")}"
        : "-"));
}

public sealed class A_label_file
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("labels.csv", "a.png,cat\nb.png,dog")]
    [InlineData("LABELS.csv", "\uFEFFfile,label\r\na.png,cat\r\n\r\n  \r\nb.png,dog\r\n")]
    [InlineData("labels.csv", "label,size,Filename\ncat,1,a.png\ndog,2,b.png")]
    [InlineData("labels.csv", "a.png , cat\n\"b.png\",\"dog\"")]
    [InlineData("labels.csv", "a,cat\nb,dog")]
    [InlineData("labels.csv", "x\\a.png,cat\nx\\b.png,dog")]
    [InlineData("labels.csv", "x/a.png,cat\nx/b.png,dog")]
    [InlineData("x/labels.csv", "x/a.png,cat\nx/b.png,dog")]
    [InlineData("x/labels.csv", "a.png,cat\nb.png,dog")]
    [InlineData("y/labels.csv", "a.png,cat\nb.png,dog")]
    [InlineData("dataset.json", """{"labels": [["a.png", "cat"], ["x/b.png", "dog"]]}""")]
    [InlineData("x/Dataset.json", """{"labels": [["a", "cat"], ["b", "dog"]]}""")]
    public async Task Names_the_class_of_each_picture(string path, string content)
    {
        var labels = (await FoundAsync(FileOf(path, content)))!;

        Assert.Equal((path, true), (labels.Name, labels.HasLabels));
        Assert.Equal(["cat", "dog", null], ((string[])["x/a.png", "x/b.png", "x/c.png"]).Select(labels.LabelOf));
    }

    [Fact]
    public async Task Has_columns_of_the_usual_names()
    {
        foreach (var file in (string[])["file", "filename", "file_name", "image", "image_id", "path", "id", "name"])
        {
            foreach (var label in (string[])["label", "labels", "class", "category", "target", "y", "fine_label", "coarse_label", "breed", "species"])
            {
                var labels = (await FoundAsync(FileOf("labels.csv", $"{label},{file.ToUpperInvariant()}\ncat,a.png")))!;
                Assert.Equal(("cat", null), (labels.LabelOf("a.png"), labels.LabelOf("cat")));
            }
        }
        var headless = (await FoundAsync(FileOf("labels.csv", "file,thing\na.png,cat")))!;
        Assert.Equal(("thing", "cat"), (headless.LabelOf("file"), headless.LabelOf("a.png")));
    }

    [Fact]
    public async Task Is_the_outermost_one()
    {
        var labels = (await FoundAsync(FileOf("x/y/labels.csv", "a.png,deep"), FileOf("x/dataset.json", """{"labels": [["a.png", 6]]}"""), FileOf("1.png", "")))!;

        Assert.Equal(("x/dataset.json", "6"), (labels.Name, labels.LabelOf("x/a.png")));
        Assert.Null(await FoundAsync(FileOf("my-labels.csv", "a.png,cat"), FileOf("labels.csv/1.png", "")));
    }

    [Fact]
    public async Task May_say_that_there_are_no_labels()
    {
        var labels = (await FoundAsync(FileOf("dataset.json", """{"labels": null}""")))!;

        Assert.False(labels.HasLabels);
        Assert.Null(labels.LabelOf("a.png"));
        Assert.Equal("train train", string.Join(' ', ArchiveLayout.Of(["a/1", "b/2"], labels).Places.Select(place => place!.Value.IsTest ? "test" : "train")));
        Assert.Null(ArchiveLayout.Of(["a/1", "b/2"], labels).ClassNames);
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"classes": []}""")]
    [InlineData("7")]
    public async Task Is_none_if_it_is_json_of_another_kind(string content) => Assert.Null(await FoundAsync(FileOf("dataset.json", content)));

    [Fact]
    public async Task Takes_precedence_over_the_folders()
    {
        var labels = await FoundAsync(FileOf("labels.csv", "a/1.png,cat\nb/2.png,dog"));

        var layout = ArchiveLayout.Of(["a/1.png", "b/2.png", "b/3.png"], labels);

        Assert.Equal(["cat", "dog"], layout.ClassNames);
        Assert.Equal([null, null, "labels.csv does not list it"], layout.Problems);
        Assert.Equal([0, 1, null], layout.Places.Select(place => (int?)place?.Label));
    }

    [Theory]
    [InlineData("labels.csv", "a.png,cat\nb.png", "line 2 has 1 columns")]
    [InlineData("labels.csv", "label,file\ncat", "line 2 has 1 columns")]
    [InlineData("labels.csv", "a.png", "line 1 has 1 columns")]
    [InlineData("labels.csv", "a.png,", "line 1 of labels.csv has no label")]
    [InlineData("labels.csv", "b.png,x\na.png,\n", "line 2 of labels.csv has no label")]
    [InlineData("labels.csv", "b.png,x\n\n\na.png,\n", "line 4 of labels.csv has no label")]
    [InlineData("dataset.json", "{", "it cannot be read (")]
    [InlineData("dataset.json", """{"labels": 5}""", "it cannot be read (")]
    [InlineData("dataset.json", """{"labels": [["a.png"]]}""", "it cannot be read (")]
    public async Task Is_refused_if_it_is_damaged(string path, string content, string problem)
    {
        var refusal = await Assert.ThrowsAsync<UploadRefusedException>(() => FoundAsync(FileOf(path, content)));

        Assert.StartsWith($"{path}: it cannot be read (", refusal.Message);
        Assert.Contains(problem, refusal.Message);
        Assert.EndsWith(". Expected a CSV file with the columns file and label, or a dataset.json with \"labels\": [[file, label], ...].", refusal.Message);
    }

    [Fact]
    public async Task Is_refused_if_it_is_too_large()
    {
        const long max = 64 << 20;
        var refusal = await Assert.ThrowsAsync<UploadRefusedException>(() => FoundAsync(FileOf("labels.csv", "a.png,cat") with { Size = max + 1 }));

        Assert.Equal($"labels.csv: it has {max + 1} bytes. Expected at most {max}.", refusal.Message);
        refusal = await Assert.ThrowsAsync<UploadRefusedException>(() => FoundAsync(FileOf("labels.csv", "a.png,cat") with { Size = max }));
        Assert.Contains($"it unpacks to 9 bytes instead of the declared {max}", refusal.Message);
    }

    private static Task<LabelFile?> FoundAsync(params ArchiveFile[] files) => LabelFile.FindAsync(files, Cancellation);

    private static ArchiveFile FileOf(string path, string content) => ArchiveFiles.Of(path, Encoding.UTF8.GetBytes(content));
}

public sealed class The_central_directory_of_an_archive
{
    private const int EndSize = 22;
    private const string Damaged = "the upload: its central directory is damaged or missing; it may be truncated. Expected a complete zip archive.";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 1)]
    [InlineData(3, 3)]
    [InlineData(3, 4)]
    public async Task May_have_as_many_entries_as_are_allowed(int entries, int max)
    {
        var zip = ZipOf(entries);

        await ZipDirectory.CheckAsync(new MemoryStream(zip), max, Cancellation);
        await ZipDirectory.CheckAsync(new MemoryStream(With64(zip, entries)), max, Cancellation);
    }

    [Fact]
    public async Task Is_refused_with_one_entry_more()
    {
        const string refusal = "the upload: it has 3 entries. Expected at most 2 (limit MaxEntries).";

        Assert.Equal(refusal, await RefusalAsync(ZipOf(3), 2));
        Assert.Equal(refusal, await RefusalAsync(With64(ZipOf(3), 3), 2));
        Assert.Equal(
            $"the upload: it has {long.MaxValue} entries. Expected at most 2 (limit MaxEntries).", await RefusalAsync(With64(ZipOf(3), ulong.MaxValue), 2));
        Assert.Equal("the upload: it has more than 2 entries. Expected at most 2 (limit MaxEntries).", await RefusalAsync(Declaring(ZipOf(3), entries: 2), 2));
    }

    [Fact]
    public async Task May_have_fewer_entries_than_the_archive_declares() =>
        await ZipDirectory.CheckAsync(new MemoryStream(Declaring(ZipOf(2), entries: 3)), 3, Cancellation);

    [Theory]
    [InlineData(0)]
    [InlineData(ushort.MaxValue)]
    public async Task May_be_followed_by_a_comment(int bytes)
    {
        var zip = ZipOf(2);
        BinaryPrimitives.WriteUInt16LittleEndian(zip.AsSpan(zip.Length - 2), (ushort)bytes);

        await ZipDirectory.CheckAsync(new MemoryStream([.. zip, .. new byte[bytes]]), 2, Cancellation);
    }

    [Fact]
    public async Task Is_refused_if_it_is_damaged()
    {
        var zip = ZipOf(2);
        Assert.Equal(Damaged, await RefusalAsync([], 2));
        Assert.Equal(Damaged, await RefusalAsync(zip[..^1], 2));
        Assert.Equal(Damaged, await RefusalAsync([.. zip, .. new byte[ushort.MaxValue + EndSize + 20]], 2)); // longer than a comment
        Assert.Equal(Damaged, await RefusalAsync(Declaring(zip, start: 1), 2)); // no header there
        Assert.Equal(Damaged, await RefusalAsync(Declaring(zip, start: (uint)zip.Length), 2));
        Assert.Equal(Damaged, await RefusalAsync(Declaring(zip, start: (uint)zip.Length + 1), 2));
        Assert.Equal(Damaged, await RefusalAsync(Declaring(zip, entries: ushort.MaxValue), 2)); // without the record of 64 bits
        Assert.Equal(Damaged, await RefusalAsync(Declaring(ZipOf(0), entries: ushort.MaxValue), 2));
    }

    [Theory]
    [InlineData(0, 0)] // the signature of the record
    [InlineData(56, 0)] // that of its locator
    [InlineData(64, -1)] // the position of the record
    [InlineData(64, long.MaxValue)]
    [InlineData(64, 0)]
    [InlineData(48, -1)] // that of the directory
    [InlineData(48, long.MaxValue)]
    [InlineData(48, 0)]
    public async Task Is_refused_if_its_record_of_64_bits_is_damaged(int at, long value)
    {
        var zip = With64(ZipOf(2), 2);
        var record = zip.Length - EndSize - 20 - 56;
        if (at is 0 or 56) zip[record + at] ^= 1;
        else BinaryPrimitives.WriteInt64LittleEndian(zip.AsSpan(record + at), value);

        Assert.Equal(Damaged, await RefusalAsync(zip, 2));
    }

    [Fact]
    public async Task Is_refused_if_it_is_larger_than_that_many_entries_need()
    {
        const int max = ushort.MaxValue + 128;
        byte[] zip = [.. new byte[100_000], .. ZipOf(1)];

        Assert.Equal(Damaged, await RefusalAsync(Declaring(zip, start: (uint)(zip.Length - max)), 1));
        Assert.Equal(
            $"the upload: its central directory has {max + 1} bytes. Expected at most {max}.",
            await RefusalAsync(Declaring(zip, start: (uint)(zip.Length - max - 1)), 1));
    }

    private static byte[] ZipOf(int entries) =>
        Idx.Zip([.. Enumerable.Range(0, entries).Select(index => ($"folder/{index}.txt", new byte[] { 1, 2, 3 }))]).ToArray();

    // Changes the record at the end of an archive.
    private static byte[] Declaring(byte[] zip, int? entries = null, uint? start = null)
    {
        byte[] changed = [.. zip];
        var end = changed.AsSpan(changed.Length - EndSize);
        if (entries is { } number) BinaryPrimitives.WriteUInt16LittleEndian(end[10..], (ushort)number);
        if (start is { } position) BinaryPrimitives.WriteUInt32LittleEndian(end[16..], position);
        return changed;
    }

    // The same archive with the records of APPNOTE.TXT 4.3.14 and 4.3.15.
    private static byte[] With64(byte[] zip, ulong entries)
    {
        var end = zip.Length - EndSize;
        var (record, locator) = (new byte[56], new byte[20]);
        BinaryPrimitives.WriteUInt32LittleEndian(record, 0x06064b50);
        BinaryPrimitives.WriteUInt64LittleEndian(record.AsSpan(32), entries);
        BinaryPrimitives.WriteUInt64LittleEndian(record.AsSpan(48), BinaryPrimitives.ReadUInt32LittleEndian(zip.AsSpan(end + 16)));
        BinaryPrimitives.WriteUInt32LittleEndian(locator, 0x07064b50);
        BinaryPrimitives.WriteUInt64LittleEndian(locator.AsSpan(8), (ulong)end);
        return Declaring([.. zip[..end], .. record, .. locator, .. zip[end..]], ushort.MaxValue, uint.MaxValue);
    }

    private static byte[] With64(byte[] zip, int entries) => With64(zip, (ulong)entries);

    private static async Task<string> RefusalAsync(byte[] zip, int max) =>
        (await Assert.ThrowsAsync<UploadRefusedException>(() => ZipDirectory.CheckAsync(new MemoryStream(zip), max, Cancellation))).Message;
}
