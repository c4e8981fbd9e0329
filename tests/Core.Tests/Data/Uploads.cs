using GanFunctions.Core.Data;
using GanFunctions.TestKit;

namespace GanFunctions.Core.Tests.Data;

public sealed class An_upload(AzuriteFixture azurite)
{
    private readonly CancellationToken _cancellation = TestContext.Current.CancellationToken;

    [Fact]
    public async Task is_loaded_as_it_was_sent()
    {
        var container = azurite.NewContainer();
        var (images, labels, testImages) = (Idx.Images(30), Idx.Labels(30), Idx.Images(7, seed: 9));

        var info = await Catalogs.Over(container).SaveIdxAsync("mine", Idx.Upload(Idx.Gzip(images), labels, testImages), _cancellation);
        var loaded = await Catalogs.Over(container).LoadAsync("mine", _cancellation);

        Assert.Equal(images[16..], loaded.Train.Pixels);
        Assert.Equal(labels[8..], loaded.Train.Labels);
        Assert.Equal(testImages[16..], loaded.Test!.Pixels);
        Assert.Null(loaded.Test.Labels);
        Assert.Equal(("mine", "stored", true, 30, 7, 10), (info.Name, info.Source, info.Stored, info.Train, info.Test, info.Classes));
        Assert.Equal(Dataset.Of("mine", loaded.Train, loaded.Test).Sha256, loaded.Sha256);
        Assert.Equal(info.Sha256, loaded.Sha256);
        Assert.Equal(info, (await Catalogs.Over(container).ListAsync(_cancellation)).Single(listed => listed.Source == "stored"));
        await Catalogs.Over(container).CheckAsync("mine", _cancellation);
    }

    [Fact]
    public async Task replaces_the_one_before_and_its_files_even_in_a_catalog_that_has_it_in_memory()
    {
        var container = azurite.NewContainer();
        var catalog = Catalogs.Over(container);
        await catalog.SaveIdxAsync("mine", Idx.Upload(Idx.Images(30), Idx.Labels(30)), _cancellation);
        var before = await catalog.LoadAsync("mine", _cancellation);

        await Catalogs.Over(container).SaveIdxAsync("mine", Idx.Upload(Idx.Images(20)), _cancellation);

        var after = await catalog.LoadAsync("mine", _cancellation);
        Assert.Equal((20, null), (after.Train.Count, after.Train.Labels));
        Assert.NotEqual(before.Sha256, after.Sha256);
        Assert.Equal(2, (await container.NamesOfBlobsAsync(_cancellation)).Count);
    }

    [Fact]
    public async Task made_many_times_at_once_leaves_one_whole_data_set()
    {
        var container = azurite.NewContainer();
        var uploads = Enumerable.Range(1, 8).Select(i => Catalogs.Over(container).SaveIdxAsync(
            "mine", Idx.Upload(Idx.Images(i), Idx.Labels(i)), _cancellation));

        var infos = await Task.WhenAll(uploads);

        var loaded = await Catalogs.Over(container).LoadAsync("mine", _cancellation);
        Assert.Contains(loaded.Sha256, infos.Select(info => info.Sha256));
        Assert.Equal(3, (await container.NamesOfBlobsAsync(_cancellation)).Count);
    }

    [Theory]
    [InlineData("digits", "built in")]
    [InlineData("MNIST", "1 to 40 of a-z, 0-9 and -")]
    [InlineData("a/b", "1 to 40 of a-z, 0-9 and -")]
    [InlineData("", "1 to 40 of a-z, 0-9 and -")]
    [InlineData("mine\n", "1 to 40 of a-z, 0-9 and -")]
    [InlineData("this-name-is-one-letter-longer-than-forty", "1 to 40 of a-z, 0-9 and -")]
    public async Task under_a_reserved_or_impossible_name_is_refused(string name, string reason)
    {
        var refusal = await Assert.ThrowsAsync<DatasetNameException>(() =>
            Catalogs.Over(azurite.NewContainer()).SaveIdxAsync(name, Idx.Upload(Idx.Images(1)), _cancellation));

        Assert.Contains(reason, refusal.Message);
    }

    public static TheoryData<string, byte[][], string> BrokenOnes { get; } = new()
    {
        { "with another number of labels", [Idx.Images(5), Idx.Labels(4)], "train-labels-idx1-ubyte: it holds 4 labels" },
        { "with pictures of another size", [Idx.Images(2, height: 32, width: 30)], "its pictures are 32 high and 30 wide. Valid is 28x28" },
        { "with labels for pictures", [Idx.Labels(784)], "it has 1 dimensions (784). Valid is three for pictures" },
        { "with pictures for labels", [Idx.Images(1), Idx.Images(1)], "it has 3 dimensions (1x28x28). Valid is one for labels" },
        { "with a damaged last part", [Idx.Images(5), Idx.Labels(5), Idx.Images(2)[..^1]], "t10k-images-idx3-ubyte: it is cut short" },
        { "with too many test labels", [Idx.Images(5), Idx.Labels(5), Idx.Images(2), Idx.Labels(3)], "3 labels for the 2 pictures" },
    };

    [Theory]
    [MemberData(nameof(BrokenOnes))]
    public async Task that_is_broken_leaves_what_was_there(string kind, byte[][] files, string found)
    {
        var container = azurite.NewContainer();
        var catalog = Catalogs.Over(container);
        Assert.NotEmpty(kind);

        IdxUpload Broken() => Idx.Upload(
            files[0], files.ElementAtOrDefault(1), files.ElementAtOrDefault(2), files.ElementAtOrDefault(3));
        async Task<string> Refusal() => (await Assert.ThrowsAsync<IdxFormatException>(() =>
            catalog.SaveIdxAsync("mine", Broken(), _cancellation))).Message;

        Assert.Contains(found, await Refusal());
        Assert.Empty(await container.NamesOfBlobsAsync(_cancellation));
        var kept = await catalog.SaveIdxAsync("mine", Idx.Upload(Idx.Images(3)), _cancellation);
        await Refusal();
        Assert.Equal(kept, await catalog.GetAsync("mine", _cancellation));
    }
}
