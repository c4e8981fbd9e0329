using System.Net;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Microsoft.Extensions.Logging;

namespace GanFunctions.Core.Data;

/// <summary>Stores and removes data sets.</summary>
internal sealed class DatasetWriter(BlobContainerClient container, TimeProvider time, ILogger logger)
{
    private readonly DatasetSweep _sweep = new(container, time, logger);

    /// <summary>Stores a data set, in place of the one of that name if there is one.</summary>
    public Task<DatasetManifest> SaveAsync(string name, IReadOnlyDictionary<IdxPart, IdxArray> parts, CancellationToken cancellation) =>
        SaveAsync(name, folder => WriteAsync(name, folder, parts, cancellation), (_, _) => Task.CompletedTask, cancellation);

    /// <summary>
    /// Stores a data set, in place of the one of that name if there is one. Until the manifest is written, readers see the old one. Of
    /// those that convert the same upload, the first wins.
    /// </summary>
    /// <param name="name">Its name.</param>
    /// <param name="write">Writes the parts to a folder and gives the manifest.</param>
    /// <param name="check">
    /// Called just before the commit with the manifest and the one that it replaces: throws if it is not to be. If somebody commits in
    /// between, it is called again.
    /// </param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>The manifest that is stored.</returns>
    public async Task<DatasetManifest> SaveAsync(
        string name, Func<string, Task<DatasetManifest>> write, Func<DatasetManifest, DatasetManifest?, Task> check, CancellationToken cancellation)
    {
        var folder = Guid.NewGuid().ToString("n");
        var leftover = folder; // until it is committed, it is this folder that is left over
        try
        {
            await container.CreateIfNotExistsAsync(cancellationToken: cancellation).ConfigureAwait(false);
            var manifest = await write(folder).ConfigureAwait(false);
            (manifest, leftover) = await CommitAsync(manifest, check, cancellation).ConfigureAwait(false);
            logger.Saved(name, manifest.Parts[0].Shape[0], manifest.Sha256);
            return manifest;
        }
        finally
        {
            await _sweep.SweepAsync(name, leftBehind: each => each == leftover).ConfigureAwait(false);
        }
    }

    /// <summary>Writes parts that are in memory.</summary>
    /// <returns>The manifest to commit.</returns>
    public async Task<DatasetManifest> WriteAsync(
        string name, string folder, IReadOnlyDictionary<IdxPart, IdxArray> parts, CancellationToken cancellation)
    {
        foreach (var (part, array) in parts)
        {
            var blob = container.PartBlob(name, folder, part);
            var stream = await blob.OpenWriteAsync(overwrite: true, cancellationToken: cancellation).ConfigureAwait(false);
            await using (stream.ConfigureAwait(false))
            {
                await array.WriteGzipAsync(stream, cancellation).ConfigureAwait(false);
            }
        }
        var stored = parts.Select(part => new DatasetManifest.StoredPart(part.Key, part.Value.Shape, part.Value.ComputeSha256()));
        return DatasetManifest.Of(
            name, folder, stored, parts.GetValueOrDefault(IdxPart.TrainLabels)?.Data.Distinct().Count(), time.GetUtcNow());
    }

    /// <summary>Removes a data set.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <param name="convertedFrom">If given, it is removed only if it was made of this upload.</param>
    /// <returns>False if there was none.</returns>
    public async Task<bool> DeleteAsync(string name, CancellationToken cancellation, string? convertedFrom = null)
    {
        var found = await container.ReadManifestAsync(name, cancellation).ConfigureAwait(false);
        if (found is null) return false;
        var manifest = DatasetManifest.TryParse(name, found.Value.Json);
        if (convertedFrom is not null && manifest?.ConvertedFrom != convertedFrom) return false;
        var removed = await container.ManifestBlob(name).DeleteIfExistsAsync(cancellationToken: cancellation).ConfigureAwait(false);
        // A manifest that cannot be read does not tell which folder was its own: then all go.
        await _sweep.SweepAsync(name, leftBehind: folder => manifest is null || folder == manifest.Upload).ConfigureAwait(false);
        return removed;
    }

    /// <returns>The manifest that is stored now, and the folder that nobody needs any more, if it can be told.</returns>
    private async Task<(DatasetManifest Stored, string? Leftover)> CommitAsync(
        DatasetManifest manifest, Func<DatasetManifest, DatasetManifest?, Task> check, CancellationToken cancellation)
    {
        while (true)
        {
            var old = await container.ReadManifestAsync(manifest.Name, cancellation).ConfigureAwait(false);
            var stored = old is null ? null : DatasetManifest.TryParse(manifest.Name, old.Value.Json);
            if (stored?.ConvertedFrom is { } upload && upload == manifest.ConvertedFrom) return (stored, manifest.Upload);
            await check(manifest, stored).ConfigureAwait(false);

            var condition = old is null ? new BlobRequestConditions { IfNoneMatch = ETag.All } : new() { IfMatch = old.Value.Version };
            try
            {
                await container.ManifestBlob(manifest.Name).UploadAsync(
                    manifest.ToJson(), new BlobUploadOptions { Conditions = condition }, cancellation).ConfigureAwait(false);
                return (manifest, stored?.Upload);
            }
            catch (RequestFailedException race) when (race.Status is (int)HttpStatusCode.Conflict or (int)HttpStatusCode.PreconditionFailed)
            {
                // Another upload of that name came first; this one replaces it.
            }
        }
    }
}
