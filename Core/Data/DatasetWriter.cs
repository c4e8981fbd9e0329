using System.Net;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Microsoft.Extensions.Logging;

namespace GanFunctions.Core.Data;

/// <summary>Stores and removes data sets.</summary>
internal sealed class DatasetWriter(BlobContainerClient container, TimeProvider time, ILogger logger)
{
    /// <summary>Longer than any upload takes: what is older and in no manifest was left by one that was cut off.</summary>
    private static readonly TimeSpan Leftover = TimeSpan.FromDays(1);

    /// <summary>
    /// Stores a data set, in place of the one of that name if there is one. Until the manifest is written, readers see the old one.
    /// </summary>
    public async Task<DatasetManifest> SaveAsync(string name, IReadOnlyDictionary<IdxPart, IdxArray> parts, CancellationToken cancellation)
    {
        var upload = Guid.NewGuid().ToString("n");
        var manifest = DatasetManifest.Of(name, upload, parts, time.GetUtcNow());
        var replaced = upload; // until it is committed, it is this upload that is left over
        try
        {
            await container.CreateIfNotExistsAsync(cancellationToken: cancellation).ConfigureAwait(false);
            foreach (var (part, array) in parts)
            {
                var blob = container.PartBlob(name, upload, part);
                var stream = await blob.OpenWriteAsync(overwrite: true, cancellationToken: cancellation).ConfigureAwait(false);
                await using (stream.ConfigureAwait(false))
                {
                    await array.WriteGzipAsync(stream, cancellation).ConfigureAwait(false);
                }
            }
            replaced = await CommitAsync(manifest, cancellation).ConfigureAwait(false);
        }
        finally
        {
            await SweepAsync(name, leftBehind: folder => folder == replaced).ConfigureAwait(false);
        }
        logger.Saved(name, parts[IdxPart.TrainImages].Shape[0], manifest.Sha256);
        return manifest;
    }

    /// <summary>Removes a data set.</summary>
    /// <returns>False if there was none.</returns>
    public async Task<bool> DeleteAsync(string name, CancellationToken cancellation)
    {
        var found = await container.ReadManifestAsync(name, cancellation).ConfigureAwait(false);
        if (found is null) return false;
        var upload = UploadOf(name, found.Value.Json);
        var removed = await container.ManifestBlob(name).DeleteIfExistsAsync(cancellationToken: cancellation).ConfigureAwait(false);
        // A manifest that cannot be read does not tell which folder was its own: then all go.
        await SweepAsync(name, leftBehind: folder => upload is null || folder == upload).ConfigureAwait(false);
        return removed;
    }

    /// <returns>The upload that was replaced, if there was one that can be read.</returns>
    private async Task<string?> CommitAsync(DatasetManifest manifest, CancellationToken cancellation)
    {
        while (true)
        {
            var old = await container.ReadManifestAsync(manifest.Name, cancellation).ConfigureAwait(false);
            var condition = old is null ? new BlobRequestConditions { IfNoneMatch = ETag.All } : new() { IfMatch = old.Value.Version };
            try
            {
                await container.ManifestBlob(manifest.Name).UploadAsync(
                    manifest.ToJson(), new BlobUploadOptions { Conditions = condition }, cancellation).ConfigureAwait(false);
                return old is null ? null : UploadOf(manifest.Name, old.Value.Json);
            }
            catch (RequestFailedException race) when (race.Status is (int)HttpStatusCode.Conflict or (int)HttpStatusCode.PreconditionFailed)
            {
                // Another upload of that name came first; this one replaces it.
            }
        }
    }

    /// <summary>
    /// Removes what is left behind, never what the manifest points to. Tidying up fails no upload: the next one tries again.
    /// </summary>
    private async Task SweepAsync(string name, Func<string, bool> leftBehind)
    {
        try
        {
            var current = await container.ReadManifestAsync(name, CancellationToken.None).ConfigureAwait(false);
            var keep = current is null ? null : UploadOf(name, current.Value.Json);
            if (current is not null && keep is null) return;
            await foreach (var item in container.GetBlobsAsync(new() { Prefix = DatasetBlobs.FolderOf(name) }).ConfigureAwait(false))
            {
                if (item.Name.Split('/') is not [_, _, var folder, _] || folder == keep) continue;
                var old = time.GetUtcNow() - item.Properties.LastModified > Leftover;
                if (old || leftBehind(folder)) await container.DeleteBlobIfExistsAsync(item.Name).ConfigureAwait(false);
            }
        }
        catch (RequestFailedException failure)
        {
            logger.NotSwept(failure, name);
        }
    }

    private static string? UploadOf(string name, BinaryData manifest)
    {
        try
        {
            return DatasetManifest.Parse(name, manifest).Upload;
        }
        catch (StoredDatasetException)
        {
            return null;
        }
    }
}
