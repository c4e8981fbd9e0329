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

    public static TheoryData<string[], string> WrongNames { get; } = new()
    {
        { ["images", "cat.png"], "cat.png: its name is not recognised. Expected train-images-idx3-ubyte" },
        { ["images", "train-images.gz"], "train-images.gz: it is the same part as images" },
        { ["labels"], "train-images-idx3-ubyte: it is missing" },
        { ["images", "test-labels"], "t10k-images-idx3-ubyte: it is missing" },
    };

    [Theory]
    [MemberData(nameof(WrongNames))]
    public async Task With_files_that_do_not_belong_is_refused(string[] names, string found) =>
        Assert.Contains(found, await RefusalOf(Idx.Zip([.. names.Select(name => (name, Idx.Images(1)))])));

    [Fact]
    public async Task That_unpacks_to_too_much_is_refused() =>
        Assert.Contains($"at most {Limit}", await RefusalOf(Idx.Zip(("images", new byte[Limit + 1]))));

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
