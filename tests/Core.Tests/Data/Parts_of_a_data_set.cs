using System.IO.Compression;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Azure.Storage.Blobs;
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

public sealed class Held_out_pictures
{
    [Theory]
    [InlineData(2, 1)]
    [InlineData(19, 1)]
    [InlineData(20, 2)]
    [InlineData(100, 10)]
    public void Are_a_tenth_of_them(int count, int held)
    {
        Assert.Equal(held, HeldOut.Choose(count, null).Count(each => each));
        Assert.Equal(count, HeldOut.Choose(count, null).Length);
        Assert.Equal(HeldOut.Choose(count, null), HeldOut.Choose(count, new byte[count])); // one class
    }

    [Fact]
    public void Are_spread_over_all_of_them()
    {
        int[] held = [.. HeldOut.Choose(1000, null).Index().Where(each => each.Item).Select(each => each.Index / 250)];

        Assert.All(Enumerable.Range(0, 4), quarter => Assert.InRange(held.Count(each => each == quarter), 15, 40));
    }

    [Fact]
    public void Leave_a_picture_of_each_class_to_train_on()
    {
        byte[] labels = [.. Enumerable.Range(0, 512).Select(index => (byte)(index / 2))]; // classes of two

        var left = HeldOut.Choose(512, labels).Zip(labels).Where(each => !each.First).Select(each => each.Second).Distinct();

        Assert.Equal(labels.Distinct(), left);
    }

    [Fact]
    public void Are_not_the_only_one_of_a_class()
    {
        for (var single = 0; single < 20; single++)
        {
            var labels = new byte[20];
            labels[single] = 255;

            var held = HeldOut.Choose(20, labels);

            Assert.Equal((false, 2), (held[single], held.Count(each => each)));
        }
        byte[] pairs = [.. Enumerable.Range(0, 20).Select(index => (byte)(index / 2))];
        Assert.Equal(2, HeldOut.Choose(20, pairs).Index().Where(each => each.Item).Select(each => pairs[each.Index]).Distinct().Count());
        Assert.Single(HeldOut.Choose(20, [.. Enumerable.Range(0, 20).Select(index => (byte)index)]), each => each); // every class has only one
    }

    [Theory]
    [InlineData(0, "it has no pictures")]
    [InlineData(1, "it has one picture")]
    public void Need_two_pictures(int count, string found)
    {
        var refusal = Assert.Throws<UploadRefusedException>(() => HeldOut.Choose(count, null));
        Assert.Equal($"the upload: {found}. Expected at least 2: one to train on and one to hold out.", refusal.Message);
    }

    [Fact]
    public void Are_taken_from_the_training_pictures_with_their_labels()
    {
        byte[] pixels = [.. Enumerable.Range(0, 80).Select(value => (byte)value)];
        var parts = IdxParts.Of(new ImageSet(pixels, [.. Enumerable.Range(0, 20).Select(value => (byte)(value % 3))], 20, 2, 2), null);
        var held = HeldOut.Choose(20, parts[IdxPart.TrainLabels].Data);

        var split = HeldOut.Split(parts);

        Assert.Equal([18, 2, 2], split[IdxPart.TrainImages].Shape);
        Assert.Equal([2, 2, 2], split[IdxPart.TestImages].Shape);
        Assert.Equal([18], split[IdxPart.TrainLabels].Shape);
        foreach (var (images, labels, isTest) in ((IdxPart, IdxPart, bool)[])
            [(IdxPart.TrainImages, IdxPart.TrainLabels, false), (IdxPart.TestImages, IdxPart.TestLabels, true)])
        {
            int[] chosen = [.. held.Index().Where(each => each.Item == isTest).Select(each => each.Index)];
            Assert.Equal(chosen.SelectMany(index => Enumerable.Range(index * 4, 4)).Select(value => (byte)value), split[images].Data);
            Assert.Equal(chosen.Select(index => (byte)(index % 3)), split[labels].Data);
        }
        Assert.Same(split, HeldOut.Split(split)); // it has a test set
        parts.Remove(IdxPart.TrainLabels);
        Assert.Equal([IdxPart.TrainImages, IdxPart.TestImages], HeldOut.Split(parts).Keys.Order());
    }
}

public sealed class The_manifest_of_a_data_set
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Lists_its_parts_in_order_and_its_labels_once()
    {
        var manifest = Manifest([3, 1, 3]);

        Assert.Equal([IdxPart.TrainImages, IdxPart.TestImages], manifest.Parts.Select(part => part.Part));
        Assert.Equal([1, 3], manifest.Labels);
        Assert.Equal((2, 1, Noon, 5L * 28 * 30), (manifest.Classes!.Value, manifest.Format, manifest.StoredAt, manifest.Bytes));
        Assert.Equal(Sha256Of("aa  train-images-idx3-ubyte\nbb  t10k-images-idx3-ubyte\n"), manifest.Sha256);
        Assert.Null(Manifest(null).Labels);
        Assert.Null(Manifest(null).Classes);
    }

    [Fact]
    public void Describes_the_data_set()
    {
        Assert.Equal(
            new DatasetInfo("pets", "stored", true, 3, 2, null, 28, 30, 1, Manifest(null).Sha256, "Some pets.", null),
            Manifest(null).ToInfo("stored", "Some pets.", null));
        var colour = DatasetManifest.Of("pets", "f", [new(IdxPart.TrainImages, [7, 4, 32, 33], "cc")], null, Noon).ToInfo("stored", "", ["cats"]);
        Assert.Equal((7, null, 32, 33, 4), (colour.Train, colour.Test, colour.Height, colour.Width, colour.Channels));
        Assert.Equal(["cats"], colour.ClassNames);
    }

    [Fact]
    public void Is_read_unless_it_is_damaged_or_newer()
    {
        var json = JsonNode.Parse(Manifest([3, 1, 3]).ToJson())!;
        Assert.Equal("train-images", (string)json["parts"]![0]!["part"]!);
        Assert.False(json.AsObject().ContainsKey("deletedAt"));
        Assert.False(JsonNode.Parse(Manifest(null).ToJson())!.AsObject().ContainsKey("labels"));

        Assert.Equal([1, 3], Read(json)!.Labels);
        Assert.Null(DatasetManifest.TryParse("pets", new BinaryData("{")));
        Assert.Null(Read(With("format", 2)));
        Assert.Null(Read(With("parts", new JsonArray())));
        Assert.Equal(Noon, Read(With("parts", new JsonArray(), "deletedAt", Noon))!.DeletedAt);
        Assert.Equal(("pets", ""), (DatasetManifest.Unreadable("pets").Name, DatasetManifest.Unreadable("pets").Upload));

        static DatasetManifest? Read(JsonNode json) => DatasetManifest.TryParse("pets", new BinaryData(json.ToJsonString()));

        JsonNode With(string name, JsonNode value, string? another = null, DateTimeOffset? time = null)
        {
            var changed = json.DeepClone();
            changed[name] = value;
            if (another is not null) changed[another] = time;
            return changed;
        }
    }

    [Fact]
    public void Says_what_is_wrong_with_it()
    {
        var json = JsonNode.Parse(Manifest(null).ToJson())!;
        var number = json.DeepClone();
        number["parts"]![0]!["part"] = 0; // instead of its name
        var empty = json.DeepClone();
        empty["parts"] = new JsonArray();

        Assert.Equal("the manifest of data set 'pets' lists no training pictures", Problem(empty.ToJsonString()));
        foreach (var damaged in (string[])["{", number.ToJsonString()])
            Assert.StartsWith("the manifest of data set 'pets' cannot be read: ", Problem(damaged), StringComparison.Ordinal);

        static string Problem(string json) =>
            Assert.Throws<InvalidDataException>(() => DatasetManifest.Parse("pets", new BinaryData(json))).Message;
    }

    [Fact]
    public void Is_beside_the_folders_of_its_files()
    {
        var container = new BlobContainerClient(new Uri("http://localhost/gan"));

        Assert.Equal("datasets/pets/", DatasetBlobs.FolderOf("pets"));
        Assert.Equal("datasets/pets/dataset.json", container.ManifestBlob("pets").Name);
        Assert.Equal("datasets/pets/conversion.json", container.ConversionBlob("pets").Name);
        Assert.Equal("datasets/pets/f/train-images-idx3-ubyte.gz", container.PartBlob("pets", "f", IdxPart.TrainImages).Name);
        Assert.Equal("datasets/pets/f/preview.png", container.PreviewBlob("pets", "f").Name);
        Assert.Equal("datasets/pets/f/upload.zip", container.StagedBlob("pets", "f").Name);
        Assert.Equal("datasets/pets/f/raw", container.RawBlob("pets", "f").Name);
        Assert.Equal("datasets/pets/f/unpacked.zip", container.UnpackedBlob("pets", "f").Name);
        Assert.Equal("datasets/pets/f/pictures-0000256", container.ChunkBlob("pets", "f", 256).Name);
    }

    private static DatasetManifest Manifest(byte[]? labels) => DatasetManifest.Of(
        "pets", "f", [new(IdxPart.TestImages, [2, 28, 30], "bb"), new(IdxPart.TrainImages, [3, 28, 30], "aa")], labels, Noon);

    private static string Sha256Of(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
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
