using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Specialized;
using GanFunctions.Core.Storage;

namespace GanFunctions.Core.Data;

/// <summary><c>datasets/{name}/dataset.json</c>: the manifest of a data set. It is written last and commits the data set.</summary>
/// <param name="Format">Version of the format. A reader rejects newer versions.</param>
/// <param name="Name">The data set's name.</param>
/// <param name="Upload">
/// Folder below that of the data set; it contains the parts. Each attempt to store a data set has its own folder.
/// </param>
/// <param name="Sha256">See <see cref="Dataset.Sha256"/>.</param>
/// <param name="Classes">Number of distinct labels; null if there are none.</param>
/// <param name="StoredAt">When the data set was stored.</param>
/// <param name="Parts">The parts of the data set.</param>
/// <param name="ClassNames">Name of each class, indexed by label; null if unknown.</param>
/// <param name="ConvertedFrom">The upload that it was converted from; null if it was downloaded from a mirror.</param>
/// <param name="Labels">The distinct training labels in ascending order; null if there are none, or an earlier version wrote the manifest.</param>
/// <param name="DeletedAt">
/// When its deletion began; null if it has not. From then on the data set does not exist; the manifest tells a repeated deletion what to remove.
/// </param>
internal sealed record DatasetManifest(
    int Format, string Name, string Upload, string Sha256, int? Classes, DateTimeOffset StoredAt,
    IReadOnlyList<DatasetManifest.StoredPart> Parts, IReadOnlyList<string>? ClassNames = null, string? ConvertedFrom = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<int>? Labels = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTimeOffset? DeletedAt = null)
{
    private const int KnownFormat = 1;

    /// <summary>A stored part: an IDX file compressed with gzip.</summary>
    /// <param name="Part">The part.</param>
    /// <param name="Shape">Dimensions of the IDX file.</param>
    /// <param name="Sha256">SHA-256 of the uncompressed IDX file.</param>
    public sealed record StoredPart([property: JsonConverter(typeof(IdxPartConverter))] IdxPart Part, int[] Shape, string Sha256);

    /// <summary>Writes names such as <c>train-images</c>.</summary>
    private sealed class IdxPartConverter() : JsonStringEnumConverter<IdxPart>(JsonNamingPolicy.KebabCaseLower, allowIntegerValues: false);

    /// <summary>Creates the manifest of parts that have been written.</summary>
    public static DatasetManifest Of(string name, string folder, IEnumerable<StoredPart> parts, byte[]? trainLabels, DateTimeOffset storedAt)
    {
        IReadOnlyList<int>? labels = trainLabels is null ? null : [.. trainLabels.Distinct().Order()];
        List<StoredPart> stored = [.. parts.OrderBy(part => part.Part)];
        var hash = Dataset.HashOf(stored.ToDictionary(part => part.Part, part => part.Sha256));
        return new DatasetManifest(KnownFormat, name, folder, hash, labels?.Count, storedAt, stored, Labels: labels);
    }

    /// <summary>What replaces an unreadable manifest when its data set is deleted. It does not tell which folder belongs to it.</summary>
    public static DatasetManifest Unreadable(string name) => new(KnownFormat, name, Upload: "", Sha256: "", Classes: null, default, []);

    /// <summary>Size of its pictures and labels in memory.</summary>
    [JsonIgnore]
    public long Bytes => Parts.Sum(part => part.Shape.Aggregate(1L, (product, size) => product * size));

    public BinaryData ToJson() => BinaryData.FromObjectAsJson(this, Json.Document);

    /// <summary>Reads the manifest of a data set; null if there is none.</summary>
    /// <exception cref="StoredDatasetException">It is damaged, or a later version wrote it.</exception>
    public static async Task<DatasetManifest?> TryReadAsync(BlobClient blob, string name, CancellationToken cancellation)
    {
        try
        {
            return await blob.TryReadAsync(stored => Parse(name, stored.Content), cancellation);
        }
        catch (Exception problem) when (problem is InvalidDataException or NewerFormatException)
        {
            throw new StoredDatasetException(problem.Message.TrimEnd('.'), newer: problem is NewerFormatException, problem);
        }
    }

    /// <summary>Reads a manifest; null if it is damaged, or a later version wrote it.</summary>
    public static DatasetManifest? TryParse(string name, BinaryData json)
    {
        try
        {
            return Parse(name, json);
        }
        catch (Exception problem) when (problem is InvalidDataException or NewerFormatException)
        {
            return null;
        }
    }

    /// <summary>Reads a manifest.</summary>
    /// <exception cref="InvalidDataException">It is damaged.</exception>
    /// <exception cref="NewerFormatException">A later version wrote it.</exception>
    internal static DatasetManifest Parse(string name, BinaryData json)
    {
        var manifest = Json.ReadDocument<DatasetManifest>($"the manifest of data set '{name}'", json, KnownFormat);
        return manifest.DeletedAt is not null || manifest.ShapeOf(IdxPart.TrainImages) is not null
            ? manifest
            : throw new InvalidDataException($"the manifest of data set '{name}' lists no training pictures");
    }

    public DatasetInfo ToInfo(string source, string description, IReadOnlyList<string>? classNames)
    {
        var images = ShapeOf(IdxPart.TrainImages);
        return new DatasetInfo(
            Name, source, Stored: true, images?[0], ShapeOf(IdxPart.TestImages)?[0], Classes, images?[^2], images?[^1],
            images is [_, var channels, _, _] ? channels : 1, Sha256, description, classNames, Labels);
    }

    private int[]? ShapeOf(IdxPart part) => Parts.FirstOrDefault(stored => stored.Part == part)?.Shape;
}

/// <summary>
/// Blob names of data sets: <c>datasets/{name}/{folder}/{part}.gz</c> and the manifest <c>datasets/{name}/dataset.json</c>, which is
/// written last. Each attempt to store a data set has its own folder, so that concurrent attempts do not mix and readers of the old data
/// set are not disturbed. An upload has another folder with the archive and the pictures converted so far. It exists until the conversion
/// in <c>datasets/{name}/conversion.json</c> ends.
/// </summary>
internal static class DatasetBlobs
{
    public const string Root = "datasets/";
    public const string ManifestFile = "dataset.json";
    public const string ConversionFile = "conversion.json";

    public static string FolderOf(string name) => $"{Root}{name}/";

    public static BlobClient PartBlob(this BlobContainerClient container, string name, string folder, IdxPart part) =>
        container.GetBlobClient($"{FolderOf(name)}{folder}/{part.FileName()}.gz");

    public static BlobClient PreviewBlob(this BlobContainerClient container, string name, string folder) =>
        container.GetBlobClient($"{FolderOf(name)}{folder}/preview.png");

    public static BlockBlobClient StagedBlob(this BlobContainerClient container, string name, string upload) =>
        container.GetBlockBlobClient($"{FolderOf(name)}{upload}/upload.zip");

    public static BlockBlobClient RawBlob(this BlobContainerClient container, string name, string upload) =>
        container.GetBlockBlobClient($"{FolderOf(name)}{upload}/raw");

    public static BlockBlobClient UnpackedBlob(this BlobContainerClient container, string name, string upload) =>
        container.GetBlockBlobClient($"{FolderOf(name)}{upload}/unpacked.zip");

    public static BlockBlobClient ChunkBlob(this BlobContainerClient container, string name, string upload, int first) =>
        container.GetBlockBlobClient($"{FolderOf(name)}{upload}/pictures-{first:D7}");

    public static BlobClient ManifestBlob(this BlobContainerClient container, string name) =>
        container.GetBlobClient(FolderOf(name) + ManifestFile);

    public static BlobClient ConversionBlob(this BlobContainerClient container, string name) =>
        container.GetBlobClient(FolderOf(name) + ConversionFile);

    /// <summary>Names of all data sets that have a file with this name next to their folders.</summary>
    public static async Task<List<string>> NamesWithAsync(this BlobContainerClient container, string file, CancellationToken cancellation)
    {
        List<string> names = [];
        try
        {
            await foreach (var item in container.GetBlobsAsync(new() { Prefix = Root }, cancellation))
                if (item.Name.Split('/') is [_, var name, var found] && found == file) names.Add(name);
        }
        catch (RequestFailedException missing) when (missing.Status == (int)HttpStatusCode.NotFound)
        {
            // The container does not exist yet: nothing is stored.
        }
        return names;
    }
}
