using System.Net;
using Azure;
using Azure.Storage.Blobs;
using GanFunctions.Core.Storage;
using Microsoft.Extensions.Logging;

namespace GanFunctions.Core.Data;

/// <summary>Reads data sets from Blob Storage.</summary>
internal sealed class DatasetStore(BlobContainerClient container, DatasetOptions options)
{
    private const long EarlierMaximum = 1L << 30; // of MaxDatasetBytes: what was stored then can still be read

    /// <summary>Reads the manifest of a data set; null if it is not stored.</summary>
    /// <exception cref="StoredDatasetException">The manifest is damaged, or a later version wrote it.</exception>
    public async Task<DatasetManifest?> FindAsync(string name, CancellationToken cancellation) =>
        await DatasetManifest.TryReadAsync(container.ManifestBlob(name), name, cancellation) is { DeletedAt: null } manifest ? manifest : null;

    /// <summary>Names of all stored data sets, and of those whose deletion was interrupted.</summary>
    public Task<List<string>> NamesAsync(CancellationToken cancellation) =>
        container.NamesWithAsync(DatasetBlobs.ManifestFile, cancellation);

    /// <summary>Reads a whole data set and verifies each part.</summary>
    /// <exception cref="StoredDatasetException">A part is missing or damaged.</exception>
    public async Task<Dictionary<IdxPart, IdxArray>> ReadAsync(DatasetManifest manifest, CancellationToken cancellation)
    {
        var parts = new Dictionary<IdxPart, IdxArray>();
        foreach (var stored in manifest.Parts)
        {
            var blob = container.PartBlob(manifest.Name, manifest.Upload, stored.Part);
            var array = await ReadAsync(blob, cancellation);
            var hash = array.ComputeSha256();
            if (hash != stored.Sha256)
                throw new StoredDatasetException($"{blob.Name} has the SHA-256 {hash} when unpacked, instead of {stored.Sha256}");
            parts[stored.Part] = array;
        }
        return parts;
    }

    private async Task<IdxArray> ReadAsync(BlobClient blob, CancellationToken cancellation)
    {
        try
        {
            await using var stream = await blob.OpenReadAsync(cancellationToken: cancellation);
            return await IdxReader.ReadAsync(stream, blob.Name, Math.Max(options.MaxDatasetBytes, EarlierMaximum), cancellation);
        }
        catch (RequestFailedException missing) when (missing.Status == (int)HttpStatusCode.NotFound)
        {
            throw new StoredDatasetException($"{blob.Name} is missing", inner: missing);
        }
        catch (IdxFormatException damage)
        {
            throw new StoredDatasetException(damage.Message.TrimEnd('.'), inner: damage);
        }
    }
}

/// <summary>Stores and removes data sets.</summary>
internal sealed class DatasetWriter(BlobContainerClient container, TimeProvider time, ILogger logger)
{
    private readonly DatasetSweep _sweep = new(container, time, logger);

    /// <summary>Stores a data set. It replaces any data set with the same name.</summary>
    public Task<DatasetManifest> SaveAsync(string name, IReadOnlyDictionary<IdxPart, IdxArray> parts, CancellationToken cancellation) =>
        SaveAsync(name, folder => WriteAsync(name, folder, parts, cancellation), (_, _) => Task.CompletedTask, cancellation);

    /// <summary>
    /// Stores a data set. It replaces any data set with the same name; readers see the old one until the manifest is written. If several
    /// workers convert the same upload, the first one wins.
    /// </summary>
    /// <param name="name">Name of the data set.</param>
    /// <param name="write">Writes the parts to the given folder and returns the manifest.</param>
    /// <param name="check">
    /// Called just before the commit with the manifest and the one that it replaces; throws to prevent the commit. It is called again if
    /// another worker commits in between.
    /// </param>
    /// <param name="cancellation">Cancels the operation.</param>
    /// <returns>The stored manifest.</returns>
    public async Task<DatasetManifest> SaveAsync(
        string name, Func<string, Task<DatasetManifest>> write, Func<DatasetManifest, DatasetManifest?, Task> check,
        CancellationToken cancellation)
    {
        var folder = Guid.NewGuid().ToString("n");
        var leftover = folder; // until the commit, the new folder is the leftover
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
            await _sweep.SweepAsync(name, isLeftover: each => each == leftover);
        }
    }

    /// <summary>Writes parts from memory.</summary>
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
            name, folder, stored, parts.GetValueOrDefault(IdxPart.TrainLabels)?.Data, time.GetUtcNow());
    }

    /// <summary>
    /// Removes a data set, with the files of interrupted attempts to store it. If the removal is interrupted or fails, the data set no longer exists,
    /// and the next call removes the rest.
    /// </summary>
    /// <param name="name">Name of the data set.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    /// <param name="convertedFrom">If given, the data set is removed only if it was converted from this upload.</param>
    /// <returns>False if there was nothing to remove.</returns>
    public async Task<bool> DeleteAsync(string name, CancellationToken cancellation, string? convertedFrom = null)
    {
        var blob = container.ManifestBlob(name);
        while (await blob.TryReadAsync(cancellation) is { } found) // another upload with this name may be committed in between
        {
            var manifest = DatasetManifest.TryParse(name, found.Content);
            if (convertedFrom is not null && manifest?.ConvertedFrom != convertedFrom) return false;
            if (manifest is not { DeletedAt: not null })
            {
                var deleted = (manifest ?? DatasetManifest.Unreadable(name)) with { DeletedAt = time.GetUtcNow() };
                await blob.TryReplaceAsync(deleted.ToJson(), found.Version, cancellation);
                continue;
            }
            // Folders of interrupted attempts are older than the deletion; one that another upload is writing is not.
            await _sweep.RemoveAsync(
                name, (folder, written) => manifest.Upload.Length == 0 || folder == manifest.Upload || written < found.WrittenAt, cancellation);
            if (await blob.TryDeleteAsync(found.Version, cancellation)) return true;
        }
        return false;
    }

    /// <returns>The manifest that is now stored, and the folder that is no longer needed; null if it is unknown.</returns>
    private async Task<(DatasetManifest Stored, string? Leftover)> CommitAsync(
        DatasetManifest manifest, Func<DatasetManifest, DatasetManifest?, Task> check, CancellationToken cancellation)
    {
        while (true) // another upload with this name may be committed first; this one then replaces it
        {
            var old = await container.ManifestBlob(manifest.Name).TryReadAsync(cancellation);
            var stored = old is null ? null : DatasetManifest.TryParse(manifest.Name, old.Content);
            var current = stored is { DeletedAt: null } ? stored : null;
            if (current?.ConvertedFrom is { } upload && upload == manifest.ConvertedFrom) return (current, manifest.Upload);
            await check(manifest, current);

            if (await container.ManifestBlob(manifest.Name).TryReplaceAsync(manifest.ToJson(), old?.Version, cancellation))
                return (manifest, stored?.Upload);
        }
    }
}

/// <summary>
/// Removes leftover folders of data sets and uploads. It never removes a folder that a manifest or a conversion refers to.
/// </summary>
internal sealed class DatasetSweep(BlobContainerClient container, TimeProvider time, ILogger logger)
{
    /// <summary>Longer than any upload takes. Older folders that are not in use are leftovers of interrupted uploads.</summary>
    private static readonly TimeSpan LeftoverAge = TimeSpan.FromDays(1);

    /// <summary>Removes leftovers of all data sets that are older than a day.</summary>
    public Task SweepAllAsync() => SweepAsync(DatasetBlobs.Root, "(all)", _ => false);

    /// <summary>Removes leftovers of one data set. Errors are logged and do not fail the caller; the next upload tries again.</summary>
    public Task SweepAsync(string name, Func<string, bool> isLeftover) => SweepAsync(DatasetBlobs.FolderOf(name), name, isLeftover);

    /// <summary>Removes leftovers of one data set.</summary>
    /// <param name="name">Name of the data set.</param>
    /// <param name="isLeftover">Whether a file is one, given its folder and when it was written according to the storage, to the second.</param>
    /// <param name="cancellation">Cancels the removal.</param>
    /// <exception cref="RequestFailedException">The storage failed. Some may be left.</exception>
    public Task RemoveAsync(string name, Func<string, DateTimeOffset?, bool> isLeftover, CancellationToken cancellation) =>
        RemoveFromAsync(DatasetBlobs.FolderOf(name), isLeftover, cancellation);

    private async Task SweepAsync(string prefix, string dataset, Func<string, bool> isLeftover)
    {
        try
        {
            await RemoveFromAsync(
                prefix, (folder, written) => time.GetUtcNow() - written > LeftoverAge || isLeftover(folder), CancellationToken.None);
        }
        catch (Exception failure) when (failure.IsOfStorage())
        {
            logger.NotSwept(failure, dataset);
        }
    }

    private async Task RemoveFromAsync(string prefix, Func<string, DateTimeOffset?, bool> isLeftover, CancellationToken cancellation)
    {
        Dictionary<string, HashSet<string>?> usedByName = [];
        await foreach (var item in container.GetBlobsAsync(new() { Prefix = prefix }, cancellation))
        {
            if (item.Name.Split('/') is not [_, var name, var folder, _]) continue;
            if (!isLeftover(folder, item.Properties.LastModified)) continue;
            if (!usedByName.TryGetValue(name, out var used)) usedByName[name] = used = await FindUsedFoldersAsync(name, cancellation);
            if (used?.Contains(folder) == false) await container.DeleteBlobIfExistsAsync(item.Name, cancellationToken: cancellation);
        }
    }

    /// <returns>The folders in use; null if that cannot be determined.</returns>
    private async Task<HashSet<string>?> FindUsedFoldersAsync(string name, CancellationToken cancellation)
    {
        HashSet<string> used = [];
        try
        {
            if (await DatasetManifest.TryReadAsync(container.ManifestBlob(name), name, cancellation) is { DeletedAt: null } manifest)
                used.Add(manifest.Upload);
            if (await container.ConversionBlob(name).TryReadAsync(Conversion.Read, cancellation) is { IsOpen: true } conversion)
                used.Add(conversion.Upload);
        }
        catch (Exception unreadable) when (unreadable is StoredDatasetException or InvalidDataException or NewerFormatException)
        {
            return null;
        }
        return used;
    }
}
