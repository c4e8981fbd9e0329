using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Specialized;
using GanFunctions.Core.Storage;

namespace GanFunctions.Core.Data;

/// <summary><c>datasets/{name}/dataset.json</c>: written last; a data set is stored when this is.</summary>
/// <param name="Format">1. A reader refuses what is newer than it knows.</param>
/// <param name="Name">The data set's name.</param>
/// <param name="Upload">The folder, under the data set's, that holds its parts; each attempt to store one has a folder of its own.</param>
/// <param name="Sha256">See <see cref="Dataset.Sha256"/>.</param>
/// <param name="Classes">Different labels, if there are labels.</param>
/// <param name="StoredAt">When it was stored.</param>
/// <param name="Parts">Its parts.</param>
/// <param name="ClassNames">What the labels stand for, by label, where that is known.</param>
/// <param name="ConvertedFrom">The upload it was made of; null for one that was fetched.</param>
internal sealed record DatasetManifest(
    int Format, string Name, string Upload, string Sha256, int? Classes, DateTimeOffset StoredAt,
    IReadOnlyList<DatasetManifest.StoredPart> Parts, IReadOnlyList<string>? ClassNames = null, string? ConvertedFrom = null)
{
    private const int KnownFormat = 1;

    /// <summary>A part, an IDX file compressed with gzip.</summary>
    /// <param name="Part">Which one.</param>
    /// <param name="Shape">Its dimensions.</param>
    /// <param name="Sha256">Of the IDX file, not compressed.</param>
    public sealed record StoredPart([property: JsonConverter(typeof(IdxPartConverter))] IdxPart Part, int[] Shape, string Sha256);

    /// <summary>Writes <c>train-images</c> and so on.</summary>
    private sealed class IdxPartConverter() : JsonStringEnumConverter<IdxPart>(JsonNamingPolicy.KebabCaseLower, allowIntegerValues: false);

    /// <summary>The manifest of parts that are written.</summary>
    public static DatasetManifest Of(string name, string folder, IEnumerable<StoredPart> parts, int? classes, DateTimeOffset storedAt)
    {
        List<StoredPart> stored = [.. parts.OrderBy(part => part.Part)];
        var hash = Dataset.HashOf(stored.ToDictionary(part => part.Part, part => part.Sha256));
        return new DatasetManifest(KnownFormat, name, folder, hash, classes, storedAt, stored);
    }

    public BinaryData ToJson() => BinaryData.FromObjectAsJson(this, Json.Document);

    /// <exception cref="StoredDatasetException">It is damaged, or newer than this program.</exception>
    public static DatasetManifest Parse(string name, BinaryData json)
    {
        try
        {
            var manifest = Json.ReadDocument<DatasetManifest>($"the manifest of data set '{name}'", json, KnownFormat);
            return manifest.ShapeOf(IdxPart.TrainImages) is not null
                ? manifest
                : throw new StoredDatasetException($"the manifest of data set '{name}' lists no pictures");
        }
        catch (Exception problem) when (problem is InvalidDataException or NewerFormatException)
        {
            throw new StoredDatasetException(problem.Message.TrimEnd('.'), newer: problem is NewerFormatException, problem);
        }
    }

    /// <summary>The same; null if it is damaged, or newer than this program.</summary>
    public static DatasetManifest? TryParse(string name, BinaryData json)
    {
        try
        {
            return Parse(name, json);
        }
        catch (StoredDatasetException)
        {
            return null;
        }
    }

    public DatasetInfo ToInfo(string source, string description)
    {
        var images = ShapeOf(IdxPart.TrainImages);
        return new DatasetInfo(
            Name, source, Stored: true, images?[0], ShapeOf(IdxPart.TestImages)?[0], Classes, images?[^2], images?[^1],
            images is [_, var channels, _, _] ? channels : 1, Sha256, description, ClassNames);
    }

    private int[]? ShapeOf(IdxPart part) => Parts.FirstOrDefault(stored => stored.Part == part)?.Shape;
}

/// <summary>
/// Where data sets are in Blob Storage: <c>datasets/{name}/{folder}/{part}.gz</c> and, written last, <c>datasets/{name}/dataset.json</c>.
/// Each attempt to store one has a folder of its own, so that two at once do not mix and a reader of the old one is not torn.
/// What was uploaded is in another, with what was made of it so far, until <c>datasets/{name}/conversion.json</c> says that it is done.
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

    public static BlockBlobClient ChunkBlob(this BlobContainerClient container, string name, string upload, int first) =>
        container.GetBlockBlobClient($"{FolderOf(name)}{upload}/pictures-{first:D7}");

    public static BlobClient ManifestBlob(this BlobContainerClient container, string name) =>
        container.GetBlobClient(FolderOf(name) + ManifestFile);

    public static BlobClient ConversionBlob(this BlobContainerClient container, string name) =>
        container.GetBlobClient(FolderOf(name) + ConversionFile);

    /// <summary>Names of all data sets that have a file of this name beside their folders.</summary>
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
            // No container yet: nothing is stored.
        }
        return names;
    }
}
