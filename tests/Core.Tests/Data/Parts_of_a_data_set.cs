using System.IO.Compression;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using GanFunctions.Core.Data;
using GanFunctions.Core.Data.Uploads;
using GanFunctions.Core.Pictures;

namespace GanFunctions.Core.Tests.Data;

public sealed class A_part_of_a_data_set
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("train-images-idx3-ubyte", IdxPart.TrainImages)]
    [InlineData("train-images.idx3-ubyte", IdxPart.TrainImages)]
    [InlineData("TRAIN_IMAGES_IDX3_UBYTE.GZ", IdxPart.TrainImages)]
    [InlineData("images", IdxPart.TrainImages)]
    [InlineData("images.gz", IdxPart.TrainImages)]
    [InlineData("images.idx", IdxPart.TrainImages)]
    [InlineData("images-ubyte", IdxPart.TrainImages)]
    [InlineData("train.labels.idx1.gz", IdxPart.TrainLabels)]
    [InlineData("Labels", IdxPart.TrainLabels)]
    [InlineData("t10k-images-idx3-ubyte.gz", IdxPart.TestImages)]
    [InlineData("test_images", IdxPart.TestImages)]
    [InlineData("t10k-labels-idx1-ubyte", IdxPart.TestLabels)]
    [InlineData("test-labels", IdxPart.TestLabels)]
    [InlineData("images.png", null)]
    [InlineData("my-images", null)]
    [InlineData("gz", null)]
    [InlineData("", null)]
    public void Is_recognised_by_the_name_of_its_file(string name, IdxPart? part) => Assert.Equal(part, IdxParts.FromFileName(name));

    [Fact]
    public void Has_the_file_name_of_MNIST()
    {
        var names = Enum.GetValues<IdxPart>().Select(part => part.FileName()).ToArray();

        Assert.Equal(["train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"], names);
        Assert.Equal($"{string.Join(", ", names)}, images, labels, test-images or test-labels, with or without .gz", IdxParts.ValidNames);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Becomes_pictures_again(int channels)
    {
        var train = new ImageSet([.. Enumerable.Range(0, 12 * channels).Select(value => (byte)value)], [4, 7], 2, 3, 2, channels);
        var test = new ImageSet(train.Pixels[..(6 * channels)], null, 1, 3, 2, channels);

        var (parts, withTest) = (IdxParts.Of(train, null), IdxParts.Of(train with { Labels = null }, test));

        Assert.Equal([IdxPart.TrainImages, IdxPart.TrainLabels], parts.Keys.Order());
        Assert.Equal(channels == 1 ? [2, 3, 2] : [2, channels, 3, 2], parts[IdxPart.TrainImages].Shape);
        Assert.Equal([2], parts[IdxPart.TrainLabels].Shape);
        Assert.Equal((train, null), IdxParts.ToImages(parts));
        Assert.Equal([IdxPart.TrainImages, IdxPart.TestImages], withTest.Keys.Order());
        Assert.Equal((train with { Labels = null }, test), IdxParts.ToImages(withTest));
        Assert.Equal([.. Enum.GetValues<IdxPart>()], IdxParts.Of(train, test with { Labels = [1] }).Keys.Order());
    }

    [Fact]
    public async Task Has_the_hash_of_its_unpacked_file()
    {
        var file = Idx.File([2, 1, 300], [.. Enumerable.Range(0, 600).Select(value => (byte)value)]);
        var array = await IdxReader.ReadAsync(new MemoryStream(file), "images", file.Length, Cancellation); // just small enough

        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(file)), array.ComputeSha256());
        using var stream = new MemoryStream();
        await array.WriteGzipAsync(stream, Cancellation);
        stream.Position = 0; // it is still open
        var unpacked = new MemoryStream();
        await new GZipStream(stream, CompressionMode.Decompress).CopyToAsync(unpacked, Cancellation);
        Assert.Equal(file, unpacked.ToArray());
    }

    [Theory]
    [InlineData(0x0B, "0x0B, 16-bit integer")]
    [InlineData(0x0C, "0x0C, 32-bit integer")]
    [InlineData(0x0E, "0x0E, 64-bit float")]
    [InlineData(0x0A, "0x0A, which IDX does not define")]
    public async Task Must_have_unsigned_bytes(byte type, string name)
    {
        var refusal = await Assert.ThrowsAsync<IdxFormatException>(() =>
            IdxReader.ReadAsync(new MemoryStream([0, 0, type, 1, 0, 0, 0, 1, 7]), "labels", 100, Cancellation));

        Assert.Equal($"labels: its type is {name}. Expected type 0x08, unsigned byte.", refusal.Message);
        Assert.Equal("labels", refusal.File);
    }

    [Fact]
    public async Task Has_at_most_eight_dimensions_and_no_more_data_than_fits()
    {
        var array = await IdxReader.ReadAsync(new MemoryStream(Idx.File([1, 1, 1, 1, 1, 1, 1, 2], [3, 4])), "x", 100, Cancellation);
        Assert.Equal([1, 1, 1, 1, 1, 1, 1, 2], array.Shape);
        foreach (var file in (byte[][])[Idx.File([1, 1, 1, 1, 1, 1, 1, 1, 1], [3]), [0, 1, 8, 1, 0, 0, 0, 1, 7], [1, 0, 8, 1, 0, 0, 0, 1, 7]])
            await Assert.ThrowsAsync<IdxFormatException>(() => IdxReader.ReadAsync(new MemoryStream(file), "x", 100, Cancellation));

        // The data that a gzip file of this size could have at most is checked before memory is allocated.
        var gzip = Idx.Gzip([.. Idx.File([50_000_000], [])]);
        var refusal = await Assert.ThrowsAsync<IdxFormatException>(() => IdxReader.ReadAsync(new MemoryStream(gzip), "x", 100_000_000, Cancellation));
        Assert.Equal(
            "x: it is truncated: its dimensions 50000000 need 50000000 bytes of data, but the file is too small. Expected a complete file.", refusal.Message);
        var zeros = Idx.Gzip(Idx.File([1_000_000], new byte[1_000_000])); // is compressed almost that well
        Assert.Equal(1_000_000, (await IdxReader.ReadAsync(new MemoryStream(zeros), "x", 1_000_100, Cancellation)).Data.Length);
    }
}

public sealed class The_limits_of_data_sets
{
    private const long MiB = 1 << 20, GiB = 1 << 30;

    [Fact]
    public void Are_as_documented_by_default()
    {
        var options = new DatasetOptions();

        Assert.Equal((4, 15, 20, 600), (
            options.ProbeTimeout.TotalSeconds, options.AnswerTimeout.TotalSeconds, options.StallTimeout.TotalSeconds, options.FileTimeout.TotalSeconds));
        Assert.Equal((2 * GiB, 100 * MiB, 256 * MiB, 64 * GiB), (options.MaxUploadBytes, options.MaxBlockBytes, options.MaxFileBytes, options.MaxUnpackedBytes));
        Assert.Equal((64 * MiB, 640 * MiB, 50_000_000, 500_000), (options.MaxPictureBytes, options.MaxDatasetBytes, options.MaxPixels, options.MaxEntries));
        Assert.Equal((null, "/usr/share/datasets/fashion-mnist", false), (options.MnistFolder, options.FashionMnistFolder, options.AllowPrivateSources));
    }

    [Fact]
    public void Hold_for_all_that_are_in_use()
    {
        using var cache = new DatasetCache(max: 100, TimeProvider.System);
        Assert.True(cache.TryMakeRoom(1000)); // a single one always has room
        var used = cache.Keep(Of("used", train: 40, test: 20));

        Assert.Equal(60, used.Bytes);
        Assert.Same(used, cache.Find(used.Sha256));
        Assert.Null(cache.Find("another"));
        Assert.True(cache.TryMakeRoom(40));
        Assert.False(cache.TryMakeRoom(41));
        Assert.Same(used, cache.Find(used.Sha256));

        KeepUnused(cache, train: 40);
        Assert.True(cache.TryMakeRoom(40)); // the unused one is dropped
        Assert.False(cache.TryMakeRoom(41));
        GC.KeepAlive(used);
    }

    [MethodImpl(MethodImplOptions.NoInlining)] // so that no local variable refers to it afterwards
    private static void KeepUnused(DatasetCache cache, int train) => cache.Keep(Of("unused", train, test: null));

    private static Dataset Of(string name, int train, int? test) => Dataset.Of(
        name, new ImageSet(new byte[train], null, train, 1, 1), test is { } count ? new ImageSet(new byte[count], null, count, 1, 1) : null);
}
