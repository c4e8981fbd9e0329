using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Azure.Storage.Blobs;
using GanFunctions.Core.Data;

namespace GanFunctions.Core.Tests.Data;

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
