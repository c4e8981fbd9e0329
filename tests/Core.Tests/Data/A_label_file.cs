using System.Text;
using GanFunctions.Core.Data.Uploads;

namespace GanFunctions.Core.Tests.Data;

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
    public async Task Names_a_picture_by_its_path_before_the_path_below_its_folder_and_its_name()
    {
        var labels = (await FoundAsync(FileOf("x/labels.csv", "x/full/a.png,path\nfull/a.png,below\nother/a.png,deep\na.png,name\nb,stem\nb.png,whole\nfile,label")))!;

        Assert.Equal(
            ["path", "below", "name", "deep", "whole", "stem", "label", null],
            ((string[])["x/full/a.png", "full/a.png", "y/full/a.png", "x/other/a.png", "x/b.png", "x/b.jpg", "file", "x/c.png"]).Select(labels.LabelOf));
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
