using GanFunctions.Core.Data;
using GanFunctions.TestKit;

namespace GanFunctions.Core.Tests.Data;

public sealed class A_zip_of_idx_files(AzuriteFixture azurite)
{
    private const long Limit = 1 << 20;
    private readonly CancellationToken _cancellation = TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz", "t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz")]
    [InlineData("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")]
    [InlineData("mnist/train-images.idx3-ubyte", "mnist/train-labels.idx1-ubyte", "mnist/t10k-images.idx3-ubyte", "mnist/t10k.labels")]
    [InlineData("images.idx.gz", "labels.idx.gz", "test-images.idx.gz", "test.labels.idx")]
    [InlineData("Images", "labels", "test_images", "TEST-LABELS.GZ")]
    public async Task is_understood_by_the_usual_names(string images, string labels, string testImages, string testLabels)
    {
        var zip = Idx.Zip(
            (testLabels, Idx.Gzip(Idx.Labels(2))), (images, Idx.Images(5)), ("__MACOSX/._images", [1]),
            (testImages, Idx.Images(2)), (labels, Idx.Labels(5)));

        var upload = await IdxUpload.FromZipAsync(zip, Limit, _cancellation);
        var info = await Catalogs.Over(azurite.NewContainer()).SaveIdxAsync("mine", upload, _cancellation);

        Assert.Equal((5, 2, 5), (info.Train, info.Test, info.Classes));
    }

    public static TheoryData<string[], string> WrongNames { get; } = new()
    {
        { ["images", "cat.png"], "cat.png: its name does not say what it is. Valid is train-images-idx3-ubyte" },
        { ["images", "train-images.gz"], "train-images.gz: it is the same part as images" },
        { ["images", "images"], "images: it is the same part as images" },
        { ["../images"], "../images: its path leads out of the archive" },
        { ["a/../../images"], "its path leads out of the archive" },
        { ["/images"], "/images: its path leads out of the archive" },
        { ["C:\\images"], "its path leads out of the archive" },
        { ["labels"], "train-images-idx3-ubyte: it is missing" },
        { ["images", "test-labels"], "t10k-images-idx3-ubyte: it is missing" },
        { [], "train-images-idx3-ubyte: it is missing" },
    };

    [Theory]
    [MemberData(nameof(WrongNames))]
    public async Task with_files_that_do_not_belong_is_refused(string[] names, string found)
    {
        var zip = Idx.Zip([.. names.Select(name => (name, Idx.Images(1)))]);

        Assert.Contains(found, await RefusalOf(zip));
    }

    [Fact]
    public async Task that_is_no_zip_is_refused() =>
        Assert.Contains("the zip: it is damaged", await RefusalOf(new MemoryStream(Idx.Images(5))));

    [Fact]
    public async Task that_is_cut_short_is_refused()
    {
        var whole = Idx.Zip(("images", Idx.Images(5))).ToArray();

        Assert.Contains("the zip: it is damaged", await RefusalOf(new MemoryStream(whole[..^9])));
    }

    [Fact]
    public async Task that_is_too_large_is_refused() =>
        Assert.Contains($"the zip: it is larger than {Limit} bytes", await RefusalOf(new MemoryStream(new byte[Limit + 1])));

    [Fact]
    public async Task that_unpacks_to_too_much_is_refused() =>
        Assert.Contains($"at most {Limit}", await RefusalOf(Idx.Zip(("images", new byte[Limit + 1]))));

    [Fact]
    public async Task that_hides_a_bomb_in_a_gzip_file_is_refused() =>
        Assert.Contains("too many bytes", await RefusalOf(Idx.Zip(("images", Idx.Gzip(Idx.File([1 << 29], []))))));

    private async Task<string> RefusalOf(Stream zip) => (await Assert.ThrowsAsync<IdxFormatException>(async () =>
    {
        var upload = await IdxUpload.FromZipAsync(zip, Limit, _cancellation);
        await Catalogs.Over(azurite.NewContainer()).SaveIdxAsync("mine", upload, _cancellation);
    })).Message;
}
