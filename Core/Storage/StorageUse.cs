using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;

namespace GanFunctions.Core.Storage;

/// <summary>What blobs occupy.</summary>
/// <param name="Bytes">Their size in bytes.</param>
/// <param name="Blobs">Their number.</param>
public sealed record StorageUse(long Bytes, int Blobs)
{
    /// <summary>The sum of two.</summary>
    public static StorageUse operator +(StorageUse one, StorageUse other) => new(one.Bytes + other.Bytes, one.Blobs + other.Blobs);
}

/// <summary>Measures blobs by listing them.</summary>
public static class StorageUses
{
    /// <summary>What the blobs with a prefix occupy.</summary>
    /// <param name="container">The container.</param>
    /// <param name="prefix">Prefix of their names.</param>
    /// <param name="cancellation">Cancels the listing.</param>
    public static async Task<StorageUse> UseOfAsync(this BlobContainerClient container, string prefix, CancellationToken cancellation)
    {
        var (bytes, blobs) = (0L, 0);
        await foreach (var blob in container.GetBlobsAsync(new GetBlobsOptions { Prefix = prefix }, cancellation))
        {
            bytes += blob.Properties.ContentLength ?? 0;
            blobs++;
        }
        return new(bytes, blobs);
    }
}
