using System.Net;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using GanFunctions.Core.Storage;
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
            await container.CreateIfNotExistsAsync(cancellationToken: cancellation);
            var manifest = await write(folder);
            (manifest, leftover) = await CommitAsync(manifest, check, cancellation);
            logger.Saved(name, manifest.Parts[0].Shape[0], manifest.Sha256);
            return manifest;
        }
        finally
        {
            await _sweep.SweepAsync(name, leftBehind: each => each == leftover);
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
            await using var stream = await blob.OpenWriteAsync(overwrite: true, cancellationToken: cancellation);
            await array.WriteGzipAsync(stream, cancellation);
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
        if (await container.ManifestBlob(name).TryReadAsync(cancellation) is not { } found) return false;
        var manifest = DatasetManifest.TryParse(name, found.Content);
        if (convertedFrom is not null && manifest?.ConvertedFrom != convertedFrom) return false;
        var removed = await container.ManifestBlob(name).DeleteIfExistsAsync(cancellationToken: cancellation);
        // A manifest that cannot be read does not tell which folder was its own: then all go.
        await _sweep.SweepAsync(name, leftBehind: folder => manifest is null || folder == manifest.Upload);
        return removed;
    }

    /// <returns>The manifest that is stored now, and the folder that nobody needs any more, if it can be told.</returns>
    private async Task<(DatasetManifest Stored, string? Leftover)> CommitAsync(
        DatasetManifest manifest, Func<DatasetManifest, DatasetManifest?, Task> check, CancellationToken cancellation)
    {
        while (true) // another upload of that name may come first; this one then replaces it
        {
            var old = await container.ManifestBlob(manifest.Name).TryReadAsync(cancellation);
            var stored = old is null ? null : DatasetManifest.TryParse(manifest.Name, old.Content);
            if (stored?.ConvertedFrom is { } upload && upload == manifest.ConvertedFrom) return (stored, manifest.Upload);
            await check(manifest, stored);

            if (await container.ManifestBlob(manifest.Name).TryReplaceAsync(manifest.ToJson(), old?.Version, cancellation))
                return (manifest, stored?.Upload);
        }
    }
}
