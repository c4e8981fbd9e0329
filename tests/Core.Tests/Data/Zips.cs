using GanFunctions.Core.Data;
using GanFunctions.TestKit;

namespace GanFunctions.Core.Tests.Data;

public sealed class A_zip_of_idx_files(AzuriteFixture azurite)
{
    private const long Limit = 1 << 20;
    private readonly Uploader _uploader = new(azurite, Catalogs.NoSources with { MaxFileBytes = Limit });

    [Theory]
    [InlineData("train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz", "t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz")]
    [InlineData("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")]
    [InlineData("mnist/train-images.idx3-ubyte", "mnist/train-labels.idx1-ubyte", "mnist/t10k-images.idx3-ubyte", "mnist/t10k.labels")]
    [InlineData("images.idx.gz", "labels.idx.gz", "test-images.idx.gz", "test.labels.idx")]
    [InlineData("Images", "labels", "test_images", "TEST-LABELS.GZ")]
    public async Task Is_understood_by_the_usual_names(string images, string labels, string testImages, string testLabels)
    {
        var zip = Idx.Zip(
            (testLabels, Idx.Gzip(Idx.Labels(2))), (images, Idx.Images(5)), ("__MACOSX/._images", [1]),
            (testImages, Idx.Images(2)), (labels, Idx.Labels(5)));

        var loaded = await _uploader.LoadAsync("mine", zip);

        Assert.Equal((5, 2, 5), (loaded.Train.Count, loaded.Test!.Count, loaded.Train.DistinctLabels().Count));
    }

    [Theory]
    [InlineData("train-images-idx3-ubyte/train-images-idx3-ubyte", "train-labels.idx1-ubyte", "train-images.idx3-ubyte",
        "train-labels-idx1-ubyte/train-labels-idx1-ubyte")]
    [InlineData("emnist-letters-train-images-idx3-ubyte.gz", "emnist-letters-train-labels-idx1-ubyte", "notes.csv", "README.md")]
    [InlineData("train-images-idx4-ubyte", "train-labels-idx1-ubyte", "about.txt", "mapping.txt")]
    public async Task Is_recognised_by_its_content_and_may_have_copies_and_other_files(string images, string labels, string third, string fourth)
    {
        byte[] Content(string name) => name.Contains("images") ? Idx.Images(5) : name.Contains("labels") ? Idx.Labels(5) : "a,b"u8.ToArray();

        var loaded = await _uploader.LoadAsync("mine", Idx.Zip([.. new[] { images, labels, third, fourth }.Select(name => (name, Content(name)))]));

        Assert.Equal((4, 1), (loaded.Train.Count, loaded.Test!.Count));
        Assert.Equal(5, loaded.Train.Labels!.Concat(loaded.Test.Labels!).Distinct().Count());
    }

    [Fact]
    public async Task With_two_different_files_for_a_part_is_refused() => Assert.Contains(
        "emnist-b-train-images-idx3-ubyte: it is the same part as emnist-a-train-images-idx3-ubyte but has different content",
        await RefusalOf(Idx.Zip(("emnist-a-train-images-idx3-ubyte", Idx.Images(3)), ("emnist-b-train-images-idx3-ubyte", Idx.Images(3, seed: 7)))));

    [Fact]
    public async Task Is_transposed_on_request()
    {
        var images = Idx.Images(2);

        var loaded = await _uploader.LoadAsync("emnist", Idx.Zip(("images", images), ("test-images", Idx.Images(1))), new(Transpose: true));

        Assert.Equal(images[16 + 784 + 28 * 3 + 5], loaded.Train.Pixels[784 + 28 * 5 + 3]);
    }

    [Fact]
    public async Task That_compresses_well_is_accepted()
    {
        var loaded = await _uploader.LoadAsync("sparse", Idx.Zip(("images", Idx.File([1300, 28, 28], new byte[1300 * 784]))));

        Assert.Equal(1170, loaded.Train.Count);
    }

    [Fact]
    public async Task Is_not_assumed_from_a_file_named_labels_beside_folders_of_pictures()
    {
        await _uploader.LoadAsync("pets", Idx.Zip(
            ("labels", "cats dogs"u8.ToArray()), ("cats/1.png", PictureFiles.Grey(1)), ("dogs/2.png", PictureFiles.Grey(2)),
                ("dogs/3.png", PictureFiles.Grey(3))));

        Assert.Equal(["cats", "dogs"], (await _uploader.Catalog.GetAsync("pets", TestContext.Current.CancellationToken))!.ClassNames);
    }

    public static TheoryData<string[], string> WrongNames { get; } = new()
    {
        { ["labels"], "train-images-idx3-ubyte: it is missing" },
        { ["images", "test-labels"], "t10k-images-idx3-ubyte: it is missing" },
    };

    [Theory]
    [MemberData(nameof(WrongNames))]
    public async Task With_files_that_do_not_match_is_refused(string[] names, string found) =>
        Assert.Contains(found, await RefusalOf(Idx.Zip([.. names.Select(name => (name, Idx.Images(1)))])));

    [Fact]
    public async Task That_unpacks_to_too_many_bytes_is_refused() =>
        Assert.Contains($"images: it unpacks to {Limit + 1} bytes; the maximum is {Limit}", await RefusalOf(Idx.Zip(("images", new byte[Limit + 1]))));

    [Fact]
    public async Task That_hides_a_bomb_in_a_gzip_file_is_refused() =>
        Assert.Contains("too many bytes", await RefusalOf(Idx.Zip(("images", Idx.Gzip(Idx.File([1 << 29], []))))));

    private async Task<string> RefusalOf(Stream zip)
    {
        var failed = await _uploader.UploadAsync("mine", zip);
        Assert.Equal(ConversionState.Failed, failed.State);
        Assert.Empty(await _uploader.FilesAsync());
        return failed.Error!;
    }
}
