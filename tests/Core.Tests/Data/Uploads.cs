using GanFunctions.Core.Data;
using GanFunctions.Core.Data.Uploads;
using GanFunctions.Core.Pictures;
using GanFunctions.TestKit;
using Microsoft.Extensions.Time.Testing;

namespace GanFunctions.Core.Tests.Data;

public sealed class An_upload_of_idx_files(AzuriteFixture azurite)
{
    private readonly Uploader _uploader = new(azurite);
    private readonly CancellationToken _cancellation = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Is_loaded_unchanged()
    {
        var (images, labels, testImages) = (Idx.Images(30), Idx.Labels(30), Idx.Images(7, seed: 9));

        var conversion = await _uploader.UploadAsync("mine", Idx.Upload(Idx.Gzip(images), labels, testImages));

        Assert.Equal((ConversionState.Ready, 3, 3, 0), (conversion.State, conversion.Done, conversion.Total, conversion.ProblemCount));
        var (loaded, info) = (await _uploader.Catalog.LoadAsync("mine", _cancellation), await _uploader.Catalog.GetAsync("mine", _cancellation));
        Assert.Equal(images[16..], loaded.Train.Pixels);
        Assert.Equal(labels[8..], loaded.Train.Labels);
        Assert.Equal(testImages[16..], loaded.Test!.Pixels);
        Assert.Null(loaded.Test.Labels);
        Assert.Equal(("mine", "stored", true, 30, 7, 10, 1), (info!.Name, info.Source, info.Stored, info.Train, info.Test, info.Classes, info.Channels));
        Assert.Equal(Dataset.Of("mine", loaded.Train, loaded.Test).Sha256, loaded.Sha256);
        Assert.Equal(info.Sha256, loaded.Sha256);
        Assert.Equivalent(info, (await _uploader.Catalog.ListAsync(_cancellation)).Single(listed => listed.Source == "stored"), strict: true);
        Assert.NotNull(await _uploader.Catalog.PreviewAsync("mine", _cancellation));
        await _uploader.Catalog.CheckAsync("mine", _cancellation);
    }

    [Fact]
    public async Task Of_64x64_in_colour_is_loaded_unchanged()
    {
        var pixels = Idx.Images(12, height: 64 * 3, width: 64)[16..];

        var loaded = await _uploader.LoadAsync("colour", Idx.Upload(Idx.File([12, 3, 64, 64], pixels), null, Idx.File([12, 3, 64, 64], pixels)));

        Assert.Equal(new PictureShape(64, 3), loaded.Train.Shape);
        Assert.Equal(pixels, loaded.Train.Pixels);
        Assert.Equal(3, (await _uploader.Catalog.GetAsync("colour", _cancellation))!.Channels);
    }

    [Fact]
    public async Task Without_a_test_set_always_holds_out_the_same_tenth()
    {
        var first = await _uploader.LoadAsync("one", Idx.Upload(Idx.Images(40), Idx.Labels(40)));
        var second = await _uploader.LoadAsync("two", Idx.Upload(Idx.Images(40), Idx.Labels(40)));

        Assert.Equal((36, 4), (first.Train.Count, first.Test!.Count));
        Assert.Equal(10, first.Train.DistinctLabels().Count);
        Assert.Equal(first.Sha256, second.Sha256);
        var sent = Idx.Images(40)[16..].Chunk(784).Select(Convert.ToHexString).Order();
        Assert.Equal(sent, first.Train.Pixels.Concat(first.Test.Pixels).Chunk(784).Select(Convert.ToHexString).Order());
    }

    [Fact]
    public async Task Replaces_the_previous_one_and_its_files_even_in_a_catalog_that_has_cached_it()
    {
        var catalog = _uploader.Catalog;
        await _uploader.UploadAsync("mine", Idx.Upload(Idx.Images(30), Idx.Labels(30)));
        var before = await catalog.LoadAsync("mine", _cancellation);

        await _uploader.UploadAsync("mine", Idx.Upload(Idx.Images(20)));

        var after = await catalog.LoadAsync("mine", _cancellation);
        Assert.Equal((18, null), (after.Train.Count, after.Train.Labels));
        Assert.NotEqual(before.Sha256, after.Sha256);
        Assert.Equal(3, (await _uploader.FilesAsync()).Count); // two parts and the preview
    }

    [Fact]
    public async Task That_is_superseded_is_dropped_and_the_old_data_set_served_until_then()
    {
        await _uploader.UploadAsync("mine", Idx.Upload(Idx.Images(30)));
        var second = await _uploader.StageAsync("mine", Idx.Upload(Idx.Images(20)));
        var third = await _uploader.StageAsync("mine", Idx.Upload(Idx.Images(10)));

        Assert.True(await _uploader.Worker.ConvertAsync("mine", second.Upload, _cancellation));
        Assert.Equal(27, (await _uploader.Catalog.LoadAsync("mine", _cancellation)).Train.Count);
        Assert.True(await _uploader.Worker.ConvertAsync("mine", third.Upload, _cancellation));

        Assert.Equal(9, (await _uploader.Catalog.LoadAsync("mine", _cancellation)).Train.Count);
        Assert.Equal(3, (await _uploader.FilesAsync()).Count);
    }

    [Fact]
    public async Task That_many_workers_convert_at_once_gives_one_complete_data_set()
    {
        var staged = await _uploader.StageAsync("mine", Idx.Upload(Idx.Images(30), Idx.Labels(30)));

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => _uploader.Worker.ConvertAsync("mine", staged.Upload, _cancellation)));

        Assert.Equal(27, (await _uploader.Catalog.LoadAsync("mine", _cancellation)).Train.Count);
        Assert.Equal(5, (await _uploader.FilesAsync()).Count);
    }

    [Fact]
    public async Task That_was_removed_before_it_was_converted_leaves_nothing()
    {
        var staged = await _uploader.StageAsync("mine", Idx.Upload(Idx.Images(30)));
        await _uploader.Conversions.DeleteAsync("mine", _cancellation);

        Assert.True(await _uploader.Worker.ConvertAsync("mine", staged.Upload, _cancellation));

        Assert.Empty(await _uploader.Container.NamesOfBlobsAsync(_cancellation));
    }

    [Fact]
    public async Task That_was_interrupted_leaves_nothing()
    {
        await _uploader.Container.CreateAsync(cancellationToken: _cancellation);
        var staging = new UploadStaging(_uploader.Container, Catalogs.NoSources with { MaxUploadBytes = 10_000_000 });

        await Assert.ThrowsAsync<IOException>(() => staging.StageAsync("mine", async (stream, cancellation) =>
        {
            await stream.WriteAsync(new byte[9_000_000], cancellation);
            throw new IOException("the client went away");
        }, _cancellation));
        await Assert.ThrowsAsync<UploadTooLargeException>(() => staging.StageAsync(
            "mine", async (stream, cancellation) => await stream.WriteAsync(new byte[10_000_001], cancellation), _cancellation));

        Assert.Empty(await _uploader.Container.NamesOfBlobsAsync(_cancellation));
    }

    [Fact]
    public async Task That_was_never_claimed_is_swept_after_a_day_unless_it_is_waiting()
    {
        var waiting = await _uploader.StageAsync("mine", Idx.Upload(Idx.Images(3)));
        await new UploadStaging(_uploader.Container, Catalogs.NoSources).StageAsync(
            "other", (stream, cancellation) => stream.WriteAsync(new byte[5], cancellation).AsTask(), _cancellation);
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());

        await SweepAsync();
        Assert.Equal(2, (await _uploader.FilesAsync()).Count);
        time.Advance(TimeSpan.FromHours(25));
        await SweepAsync();

        Assert.Equal($"datasets/mine/{waiting.Upload}/upload.zip", Assert.Single(await _uploader.FilesAsync()));

        Task SweepAsync() => new DatasetSweep(_uploader.Container, time, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance).SweepAllAsync();
    }

    [Theory]
    [InlineData("digits", "built in")]
    [InlineData("MNIST", "1 to 40 characters from a-z, 0-9 and -")]
    [InlineData("a/b", "1 to 40 characters from a-z, 0-9 and -")]
    [InlineData("", "1 to 40 characters from a-z, 0-9 and -")]
    [InlineData("mine\n", "1 to 40 characters from a-z, 0-9 and -")]
    [InlineData("this-name-is-one-letter-longer-than-forty", "1 to 40 characters from a-z, 0-9 and -")]
    public void Under_a_reserved_or_invalid_name_is_refused(string name, string reason) =>
        Assert.Contains(reason, Assert.Throws<DatasetNameException>(() => DatasetCatalog.CheckWritable(name)).Message);

    public static TheoryData<string, byte[][], string> BrokenOnes { get; } = new()
    {
        { "with another number of labels", [Idx.Images(5), Idx.Labels(4)], "train-labels-idx1-ubyte: it has 4 labels" },
        {
            "with pictures of another size", [Idx.Images(2, height: 32, width: 30)],
            "its pictures are 30 pixels wide and 32 high. Expected one of the supported sizes 28x28, 32x32, 64x64, 128x128"
        },
        { "with two channels", [Idx.File([1, 2, 28, 28], new byte[2 * 784])], "its pictures have 2 channels. Expected one of 1, 3, 4" },
        {
            "with test pictures of another size", [Idx.Images(2), Idx.Labels(2), Idx.Images(2, height: 32, width: 32)],
            "its pictures are 32x32x1. Expected 28x28x1"
        },
        { "with labels for pictures", [Idx.Labels(784)], "it has 1 dimensions (784). Expected three for pictures" },
        { "with pictures for labels", [Idx.Images(1), Idx.Images(1)], "it has 3 dimensions (1x28x28). Expected one for labels" },
        { "with a damaged last part", [Idx.Images(5), Idx.Labels(5), Idx.Images(2)[..^1]], "t10k-images-idx3-ubyte: it is truncated" },
        { "with too many test labels", [Idx.Images(5), Idx.Labels(5), Idx.Images(2), Idx.Labels(3)], "3 labels for the 2 pictures" },
        { "with one picture", [Idx.Images(1)], "the upload: it has one picture. Expected at least 2" },
    };

    [Theory]
    [MemberData(nameof(BrokenOnes))]
    public async Task That_is_damaged_leaves_the_existing_data_set(string kind, byte[][] files, string found)
    {
        Assert.NotEmpty(kind);
        await _uploader.UploadAsync("mine", Idx.Upload(Idx.Images(3)));
        var (kept, before) = (await _uploader.Catalog.GetAsync("mine", _cancellation), await _uploader.FilesAsync());

        var failed = await _uploader.UploadAsync("mine", Idx.Upload(
            files[0], files.ElementAtOrDefault(1), files.ElementAtOrDefault(2), files.ElementAtOrDefault(3)));

        Assert.Equal(ConversionState.Failed, failed.State);
        Assert.Contains(found, failed.Error);
        Assert.Equal(before, await _uploader.FilesAsync());
        Assert.Equal(kept, await _uploader.Catalog.GetAsync("mine", _cancellation));
    }

    [Fact]
    public async Task Of_another_shape_than_requested_is_refused()
    {
        var failed = await _uploader.UploadAsync("mine", Idx.Upload(Idx.Images(3)), new(Size: 32));

        Assert.Equal(
            "the upload: size=32 and channels=1 were requested, but its IDX files are 28x28x1. "
            + "Expected no size or channels for IDX files, which are not converted.",
            failed.Error);
    }
}
