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
            + ".npz .pkl .pt .pth .h5 .hdf5 .parquet .arrow .log .ini .cfg .zip .tar .gz .tgz .rar .7z .mp3 .mp4 .avi .mov .wav .db .lnk .url .sh .bat .exe .js "
            + ".css";
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
