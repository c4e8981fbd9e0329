using GanFunctions.Core.Data;
using GanFunctions.Core.Data.Uploads;
using GanFunctions.Core.Pictures;
using GanFunctions.Core.Runs;
using GanFunctions.Core.Training;
using GanFunctions.TestKit;
using NetVips;

namespace GanFunctions.Core.Tests.Data;

public sealed class An_upload_of_pictures(AzuriteFixture azurite)
{
    private readonly Uploader _uploader = new(azurite);
    private readonly CancellationToken _cancellation = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Takes_its_labels_from_the_folders()
    {
        var loaded = await _uploader.LoadAsync("pets", Idx.Zip(
            ("b/1.png", PictureFiles.Grey(10)), ("a/x/1.png", PictureFiles.Grey(20)), ("Z/1.jpg", PictureFiles.Jpeg(PictureFiles.Flat(90, 60, 30))),
            ("b/2.webp", PictureFiles.WebP(PictureFiles.Flat(60, 90, 40, 40, 40))), ("a/2.png", PictureFiles.Grey(50)), ("Z/2.png", PictureFiles.Grey(60))));

        Assert.Equal(["Z", "a", "b"], (await _uploader.Catalog.GetAsync("pets", _cancellation))!.ClassNames);
        Assert.Equal((5, 1), (loaded.Train.Count, loaded.Test!.Count));
        byte[] greys = [.. loaded.Train.Pixels.Chunk(784).Concat(loaded.Test.Pixels.Chunk(784)).Select(picture => picture[0])];
        var expected = new Dictionary<byte, byte> { [10] = 2, [20] = 1, [30] = 0, [40] = 2, [50] = 1, [60] = 0 };
        foreach (var (grey, label) in greys.Zip([.. loaded.Train.Labels!, .. loaded.Test.Labels!]))
            Assert.Equal(label, expected.Single(each => Math.Abs(each.Key - grey) <= 2).Value);
        Assert.Equal([0, 1, 2], loaded.Train.DistinctLabels()); // no class is held out entirely
        Assert.Equal(Dataset.Of("pets", loaded.Train, loaded.Test).Sha256, loaded.Sha256);
    }

    [Fact]
    public async Task Without_folders_or_in_one_has_no_labels()
    {
        var flat = await _uploader.LoadAsync("flat", Idx.Zip(
            ("1.png", PictureFiles.Grey(1)), ("2.png", PictureFiles.Grey(2)), ("3.png", PictureFiles.Grey(3))));
        var inOne = await _uploader.LoadAsync("in-one", Idx.Zip(
            ("all/1.png", PictureFiles.Grey(1)), ("all/2.png", PictureFiles.Grey(2)), ("__MACOSX/all/._1.png", [1]),
            ("all/.DS_Store", [1]), ("all/3.png", PictureFiles.Grey(3)), ("all/Thumbs.db", [1])));

        Assert.Equal((2, 1, null), (flat.Train.Count, flat.Test!.Count, flat.Train.Labels));
        Assert.Equal(flat.Sha256, inOne.Sha256);
        Assert.Equal(0, (await _uploader.Conversions.FindAsync("in-one", _cancellation))!.ProblemCount);
    }

    [Fact]
    public async Task Is_split_by_folders_named_train_and_test()
    {
        var loaded = await _uploader.LoadAsync("divided", Idx.Zip(
            ("set/train/one/1.png", PictureFiles.Grey(1)), ("set/Test/two/2.png", PictureFiles.Grey(2)), ("set/Test/one/3.png", PictureFiles.Grey(3)),
            ("set/readme.txt", [1]), ("set/train/two/4.png", PictureFiles.Grey(4))));

        Assert.Equal([1, 4], loaded.Train.Pixels.Chunk(784).Select(picture => picture[0]));
        Assert.Equal([2, 3], loaded.Test!.Pixels.Chunk(784).Select(picture => picture[0]));
        Assert.Equal([0, 1, 1, 0], [.. loaded.Train.Labels!, .. loaded.Test.Labels!]);
        var problem = Assert.Single((await _uploader.Conversions.FindAsync("divided", _cancellation))!.Problems);
        Assert.Equal(new FileProblem("set/readme.txt", "it is not a picture, according to its name"), problem);
    }

    [Fact]
    public async Task Of_32x32_in_colour_keeps_every_pixel()
    {
        var random = new Random(3);
        var pictures = Enumerable.Range(0, 5).Select(_ => new byte[3 * 32 * 32]).ToArray();
        foreach (var picture in pictures) random.NextBytes(picture);

        var loaded = await _uploader.LoadAsync(
            "colour", Idx.Zip([.. pictures.Select((picture, i) => ($"{i}.png", PictureFiles.OfPlanes(picture, 32, 3)))]), new(Size: 32, Channels: 3));

        Assert.Equal((new PictureShape(32, 3), 4, 1), (loaded.Train.Shape, loaded.Train.Count, loaded.Test!.Count));
        Assert.Equal(
            pictures.Select(Convert.ToHexString).Order(),
            loaded.Train.Pixels.Concat(loaded.Test.Pixels).Chunk(3 * 32 * 32).Select(Convert.ToHexString).Order());
        using var preview = Image.NewFromBuffer((await _uploader.Catalog.PreviewAsync("colour", _cancellation))!);
        Assert.Equal(3, preview.Bands);
    }

    [Fact]
    public async Task Resumes_after_an_interruption_and_gives_the_same_data_set()
    {
        byte[] Zip() => Idx.Zip([.. Enumerable.Range(0, 1300).Select(i => ($"{i % 3}/{i}.png", i % 100 == 99 ? [1] : PictureFiles.Grey(i % 256)))]).ToArray();
        var whole = await _uploader.LoadAsync("whole", new MemoryStream(Zip()));
        var staged = await _uploader.StageAsync("cut", new MemoryStream(Zip()));

        using var power = CancellationTokenSource.CreateLinkedTokenSource(_cancellation);
        var first = _uploader.Worker.ConvertAsync("cut", staged.Upload, power.Token);
        await Wait.UntilAsync(async () => (await _uploader.Conversions.FindAsync("cut", _cancellation))!.Committed > 0, "a beginning");
        await power.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        var between = (await _uploader.Conversions.FindAsync("cut", _cancellation))!;
        Assert.InRange(between.Committed, 1, 1299);
        await Task.WhenAll(
            _uploader.Worker.ConvertAsync("cut", staged.Upload, _cancellation),
            _uploader.Worker.ConvertAsync("cut", staged.Upload, _cancellation));

        var after = (await _uploader.Conversions.FindAsync("cut", _cancellation))!;
        Assert.Equal((ConversionState.Ready, 1300, 13, 13), (after.State, after.Done, after.ProblemCount, after.Problems.Count));
        Assert.Equal(whole.Sha256, (await _uploader.Catalog.LoadAsync("cut", _cancellation)).Sha256);
        Assert.Equal(10, (await _uploader.FilesAsync()).Count); // for each of two data sets, four parts and the preview
    }

    [Fact]
    public async Task That_is_removed_while_it_is_converted_leaves_nothing()
    {
        var staged = await _uploader.StageAsync("mine", Idx.Zip([.. Enumerable.Range(0, 1300).Select(i => ($"{i}.png", PictureFiles.Grey(i % 256)))]));
        var working = _uploader.Worker.ConvertAsync("mine", staged.Upload, _cancellation);
        await Wait.UntilAsync(async () => (await _uploader.Conversions.FindAsync("mine", _cancellation))!.Committed > 0, "a beginning");

        await _uploader.Conversions.DeleteAsync("mine", _cancellation);

        Assert.True(await working);
        Assert.Empty(await _uploader.Container.NamesOfBlobsAsync(_cancellation));
    }

    [Fact]
    public async Task Cannot_be_trained_on_before_it_is_converted()
    {
        await _uploader.StageAsync("mine", Idx.Upload(Idx.Images(30)));

        var unavailable = await Assert.ThrowsAsync<DatasetUnavailableException>(() => _uploader.Catalog.CheckAsync("mine", _cancellation));

        Assert.Equal(
            "Data set 'mine' is unavailable. Tried: its upload, which is being converted (0 of 0 files). "
            + "You can wait until the conversion has completed; or use 'digits', which is built in.",
            unavailable.Message);
    }

    [Fact]
    public async Task Fails_when_a_run_has_started_on_the_old_data_set()
    {
        await _uploader.UploadAsync("mine", Idx.Upload(Idx.Images(30)));
        var staged = await _uploader.StageAsync("mine", Idx.Upload(Idx.Images(20)));
        await _uploader.Runs.TryClaimAsync(
            new RunRow { RowKey = "busy", InstanceId = "i", OptionsJson = OptionsReader.Write(new TrainingOptions { Dataset = "mine" }) }, _cancellation);

        await _uploader.Worker.ConvertAsync("mine", staged.Upload, _cancellation);

        var failed = (await _uploader.Conversions.FindAsync("mine", _cancellation))!;
        Assert.Equal(
            "the upload: run 'busy' has started in the meantime and uses the stored data set 'mine'. "
            + "Expected no unfinished run; cancel it and upload again.",
            failed.Error);
        Assert.Equal(27, (await _uploader.Catalog.LoadAsync("mine", _cancellation)).Train.Count);
        Assert.Equal(3, (await _uploader.FilesAsync()).Count);
    }

    [Fact]
    public async Task That_crashes_the_worker_repeatedly_fails()
    {
        var staged = await _uploader.StageAsync("mine", Idx.Upload(Idx.Images(30)));
        await _uploader.Conversions.UpdateAsync("mine", staged.Upload, each => each with { Starts = 10, Total = 1 }, _cancellation);

        Assert.True(await _uploader.Worker.ConvertAsync("mine", staged.Upload, _cancellation));

        Assert.StartsWith(
            "the upload: its conversion stopped 10 times after file 0 of 1",
            (await _uploader.Conversions.FindAsync("mine", _cancellation))!.Error, StringComparison.Ordinal);
        Assert.Empty(await _uploader.FilesAsync());
    }
}
