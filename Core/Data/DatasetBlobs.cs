using System.Net;
using Azure;
using Azure.Storage.Blobs;

namespace GanFunctions.Core.Data;

/// <summary>
/// Where data sets are in Blob Storage: <c>datasets/{name}/{upload}/{part}.gz</c> and, written last, <c>datasets/{name}/dataset.json</c>.
/// Each upload has a folder of its own, so that two at once do not mix and a reader of the old one is not torn.
/// </summary>
internal static class DatasetBlobs
{
    public const string Root = "datasets/";

    public static string FolderOf(string name) => $"{Root}{name}/";

    public static BlobClient PartBlob(this BlobContainerClient container, string name, string upload, IdxPart part) =>
        container.GetBlobClient($"{FolderOf(name)}{upload}/{part.FileName()}.gz");

    public static BlobClient ManifestBlob(this BlobContainerClient container, string name) =>
        container.GetBlobClient($"{FolderOf(name)}dataset.json");

    public static async Task<(BinaryData Json, ETag Version)?> ReadManifestAsync(
        this BlobContainerClient container, string name, CancellationToken cancellation)
    {
        try
        {
            var found = await container.ManifestBlob(name).DownloadContentAsync(cancellation).ConfigureAwait(false);
            return (found.Value.Content, found.Value.Details.ETag);
        }
        catch (RequestFailedException missing) when (missing.Status == (int)HttpStatusCode.NotFound)
        {
            return null;
        }
    }
}
