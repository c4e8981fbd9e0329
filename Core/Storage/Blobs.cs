using System.Net;
using System.Security.Cryptography;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;

namespace GanFunctions.Core.Storage;

/// <summary>A blob and its whole content.</summary>
/// <param name="Content">The content.</param>
/// <param name="Version">Changes with every write. A conditional write uses it to replace exactly the version that was read.</param>
/// <param name="WrittenAt">The time of the last write.</param>
public sealed record StoredBlob(BinaryData Content, ETag Version, DateTimeOffset WrittenAt);

/// <summary>A blob named by its content.</summary>
/// <param name="Sha256">SHA-256 of the content in lower-case hexadecimal; also the last part of the blob's name.</param>
/// <param name="Size">Size in bytes.</param>
public sealed record BlobReference(string Sha256, long Size)
{
    /// <summary>The reference to the given content.</summary>
    public static BlobReference Of(byte[] content) => new(Convert.ToHexStringLower(SHA256.HashData(content)), content.Length);
}

/// <summary>Conditional reads and writes of blobs.</summary>
public static class Blobs
{
    /// <summary>Reads a whole blob.</summary>
    /// <returns>Null if the blob or its container does not exist.</returns>
    public static async Task<StoredBlob?> TryReadAsync(this BlobClient blob, CancellationToken cancellation)
    {
        while (true)
        {
            try
            {
                var read = (await blob.DownloadContentAsync(cancellation)).Value;
                return new StoredBlob(read.Content, read.Details.ETag, read.Details.LastModified);
            }
            catch (RequestFailedException missing) when (missing.Status == (int)HttpStatusCode.NotFound)
            {
                return null;
            }
            catch (RequestFailedException replaced) when (replaced.Status == (int)HttpStatusCode.PreconditionFailed)
            {
                // The connection broke in the middle of the content, and when the client went on, the blob had another one.
            }
        }
    }

    /// <summary>
    /// Reads a whole blob and interprets it. One that cannot be interpreted is read a second time, because the damage may be in the response only, and
    /// callers give up what they find damaged.
    /// </summary>
    /// <param name="blob">The blob.</param>
    /// <param name="interpret">Interprets it; throws <see cref="InvalidDataException"/> if it is damaged.</param>
    /// <param name="cancellation">Cancels the read.</param>
    /// <returns>Null if the blob or its container does not exist.</returns>
    /// <exception cref="InvalidDataException">The blob is damaged.</exception>
    public static async Task<T?> TryReadAsync<T>(this BlobClient blob, Func<StoredBlob, T> interpret, CancellationToken cancellation) where T : class
    {
        for (var isSecond = false; ; isSecond = true)
        {
            if (await blob.TryReadAsync(cancellation) is not { } stored) return null;
            try
            {
                return interpret(stored);
            }
            catch (InvalidDataException) when (!isSecond)
            {
            }
        }
    }

    /// <summary>Reads a blob and verifies its size and hash.</summary>
    /// <exception cref="InvalidDataException">The blob is missing or damaged.</exception>
    public static async Task<byte[]> ReadAsync(this BlobClient blob, BlobReference reference, CancellationToken cancellation) =>
        await blob.TryReadAsync(stored =>
        {
            var bytes = stored.Content.ToArray();
            if (bytes.Length != reference.Size) throw new InvalidDataException($"{blob.Name} has {bytes.Length} bytes instead of {reference.Size}.");
            return BlobReference.Of(bytes) == reference ? bytes : throw new InvalidDataException($"The content of {blob.Name} does not match its name.");
        }, cancellation) ?? throw new InvalidDataException($"{blob.Name} is missing.");

    /// <summary>Creates a blob.</summary>
    /// <returns>False if the blob already exists; it is left unchanged.</returns>
    public static Task<bool> TryCreateAsync(this BlobClient blob, BinaryData content, CancellationToken cancellation) =>
        blob.TryReplaceAsync(content, seen: null, cancellation);

    /// <summary>Replaces the version of a blob that the caller has read.</summary>
    /// <param name="blob">The blob.</param>
    /// <param name="content">The new content.</param>
    /// <param name="seen">The version to replace; null if the caller found no blob.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    /// <returns>False if the blob has changed since it was read; it is left unchanged.</returns>
    public static async Task<bool> TryReplaceAsync(this BlobClient blob, BinaryData content, ETag? seen, CancellationToken cancellation)
    {
        var condition = seen is null ? new BlobRequestConditions { IfNoneMatch = ETag.All } : new() { IfMatch = seen };
        try
        {
            await blob.UploadAsync(content, new BlobUploadOptions { Conditions = condition }, cancellation);
            return true;
        }
        catch (RequestFailedException race)
            when (race.Status == (int)HttpStatusCode.PreconditionFailed || race.ErrorCode == BlobErrorCode.BlobAlreadyExists)
        {
            return false;
        }
    }

    /// <summary>Deletes the version of a blob that the caller has read.</summary>
    /// <returns>False if the blob has changed since it was read, or is gone; it is left unchanged.</returns>
    public static async Task<bool> TryDeleteAsync(this BlobClient blob, ETag seen, CancellationToken cancellation)
    {
        try
        {
            return await blob.DeleteIfExistsAsync(conditions: new() { IfMatch = seen }, cancellationToken: cancellation);
        }
        catch (RequestFailedException race) when (race.Status == (int)HttpStatusCode.PreconditionFailed)
        {
            return false;
        }
    }
}
