using System.Globalization;
using System.Text;
using Azure.Storage.Blobs.Models;

namespace GanFunctions.EmbeddedHost;

/// <summary>
/// Keeps payloads that a table's column has no room for in blobs <c>{instance}/{execution}/{id}</c>. A blob is written before the
/// row that names it, and deleted with the execution it belongs to.
/// </summary>
internal sealed class Payloads(HubStorage hub)
{
    private const int LargestInline = 32 * 1024;
    private const string InboxFolder = "inbox";

    public static string FolderOf(int execution) => execution.ToString("D6", CultureInfo.InvariantCulture);

    public Task<StoredPayload> StoreAsync(string instanceId, int execution, string? json, CancellationToken cancellation) =>
        StoreAsync(instanceId, FolderOf(execution), json, cancellation);

    public Task<StoredPayload> StoreForInboxAsync(string instanceId, string? json, CancellationToken cancellation) =>
        StoreAsync(instanceId, InboxFolder, json, cancellation);

    public async Task<string?> ReadAsync(StoredPayload stored, CancellationToken cancellation)
    {
        if (stored.Blob is null)
        {
            return stored.Text;
        }

        var content = await hub.LargePayloads.GetBlobClient(stored.Blob).DownloadContentAsync(cancellation);
        return content.Value.Content.ToString();
    }

    public async Task DeleteAsync(StoredPayload stored, CancellationToken cancellation)
    {
        if (stored.Blob is not null)
        {
            await hub.LargePayloads.DeleteBlobIfExistsAsync(stored.Blob, cancellationToken: cancellation);
        }
    }

    /// <summary>Deletes what an instance has stored, or one execution of it.</summary>
    public async Task DeleteAllAsync(string instanceId, int? execution, CancellationToken cancellation)
    {
        var prefix = execution is { } one ? $"{instanceId}/{FolderOf(one)}/" : $"{instanceId}/";
        await foreach (var blob in hub.LargePayloads.GetBlobsAsync(BlobTraits.None, BlobStates.None, prefix, cancellation))
        {
            await hub.LargePayloads.DeleteBlobIfExistsAsync(blob.Name, cancellationToken: cancellation);
        }
    }

    public static bool IsLarge(string? json) => json is not null && Encoding.UTF8.GetByteCount(json) > LargestInline;

    private async Task<StoredPayload> StoreAsync(string instanceId, string folder, string? json, CancellationToken cancellation)
    {
        if (!IsLarge(json))
        {
            return new(json, null);
        }

        var name = $"{instanceId}/{folder}/{Guid.NewGuid():N}";
        await hub.LargePayloads.GetBlobClient(name).UploadAsync(BinaryData.FromString(json!), overwrite: true, cancellation);
        return new(null, name);
    }
}
