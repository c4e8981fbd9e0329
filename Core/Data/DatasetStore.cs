using System.Net;
using Azure;
using Azure.Storage.Blobs;
using GanFunctions.Core.Storage;
using Microsoft.Extensions.Logging;

namespace GanFunctions.Core.Data;

/// <summary>Reads the data sets in Blob Storage.</summary>
internal sealed class DatasetStore(BlobContainerClient container, DatasetOptions options)
{
    /// <exception cref="StoredDatasetException">The manifest is damaged or newer than this program.</exception>
    public async Task<DatasetManifest?> FindAsync(string name, CancellationToken cancellation) =>
        await container.ManifestBlob(name).TryReadAsync(cancellation) is { } found
            ? DatasetManifest.Parse(name, found.Content)
            : null;

    /// <summary>Names of all data sets that are stored.</summary>
    public Task<List<string>> NamesAsync(CancellationToken cancellation) =>
        container.NamesWithAsync(DatasetBlobs.ManifestFile, cancellation);

    /// <summary>Reads a data set whole and checks every part.</summary>
    /// <exception cref="StoredDatasetException">A part is missing or damaged.</exception>
    public async Task<Dictionary<IdxPart, IdxArray>> ReadAsync(DatasetManifest manifest, CancellationToken cancellation)
    {
        var parts = new Dictionary<IdxPart, IdxArray>();
        foreach (var stored in manifest.Parts)
        {
            var blob = container.PartBlob(manifest.Name, manifest.Upload, stored.Part);
            var array = await ReadAsync(blob, cancellation);
            var hash = array.ComputeSha256();
            if (hash != stored.Sha256) throw new StoredDatasetException($"{blob.Name} unpacks to the SHA-256 {hash}, not {stored.Sha256}");
            parts[stored.Part] = array;
        }
        return parts;
    }

    private async Task<IdxArray> ReadAsync(BlobClient blob, CancellationToken cancellation)
    {
        try
        {
            await using var stream = await blob.OpenReadAsync(cancellationToken: cancellation);
            return await IdxReader.ReadAsync(stream, blob.Name, options.MaxDatasetBytes, cancellation);
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

/// <summary>Removes what is left behind of data sets and uploads, never what a manifest or a conversion points to.</summary>
internal sealed class DatasetSweep(BlobContainerClient container, TimeProvider time, ILogger logger)
{
    /// <summary>Longer than any upload takes: what is older and in use by nobody was left by one that was cut off.</summary>
    private static readonly TimeSpan Leftover = TimeSpan.FromDays(1);

    /// <summary>Removes what is older than a day, of all data sets.</summary>
    public Task SweepAllAsync() => SweepAsync(DatasetBlobs.Root, "all", _ => false);

    /// <summary>Removes what is left behind of one data set. Tidying up fails nothing: the next upload tries again.</summary>
    public Task SweepAsync(string name, Func<string, bool> leftBehind) => SweepAsync(DatasetBlobs.FolderOf(name), name, leftBehind);

    private async Task SweepAsync(string prefix, string what, Func<string, bool> leftBehind)
    {
        try
        {
            Dictionary<string, HashSet<string>?> kept = [];
            await foreach (var item in container.GetBlobsAsync(new() { Prefix = prefix }))
            {
                if (item.Name.Split('/') is not [_, var name, var folder, _]) continue;
                if (time.GetUtcNow() - item.Properties.LastModified <= Leftover && !leftBehind(folder)) continue;
                if (!kept.TryGetValue(name, out var keep)) kept[name] = keep = await KeptAsync(name);
                if (keep?.Contains(folder) == false) await container.DeleteBlobIfExistsAsync(item.Name);
            }
        }
        catch (RequestFailedException failure)
        {
            logger.NotSwept(failure, what);
        }
    }

    /// <returns>Folders to keep; null where that cannot be told.</returns>
    private async Task<HashSet<string>?> KeptAsync(string name)
    {
        HashSet<string> keep = [];
        if (await container.ManifestBlob(name).TryReadAsync(CancellationToken.None) is { } found)
        {
            if (DatasetManifest.TryParse(name, found.Content) is not { } manifest) return null;
            keep.Add(manifest.Upload);
        }
        if (await container.ConversionBlob(name).TryReadAsync(CancellationToken.None) is { } state
            && Conversion.Parse(name, state.Content) is { IsOpen: true } conversion)
        {
            keep.Add(conversion.Upload);
        }
        return keep;
    }
}
