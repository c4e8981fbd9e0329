using System.Net;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Specialized;

namespace GanFunctions.Core.Data;

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
