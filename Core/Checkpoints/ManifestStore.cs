using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using GanFunctions.Core.Storage;
using Microsoft.Extensions.Logging;

namespace GanFunctions.Core.Checkpoints;

/// <summary>Manifests of runs in Blob Storage, and each run's pointer to its latest manifest.</summary>
internal sealed partial class ManifestStore(BlobContainerClient container, ILogger logger)
{
    private sealed record Pointer(string Name);

    /// <summary>Names and versions of a run's manifests, oldest first: Blob Storage lists blobs in the order of their names.</summary>
    public async Task<IReadOnlyList<(string Name, ETag? Version)>> ListAsync(string run, CancellationToken cancellation) => await container
        .GetBlobsAsync(new GetBlobsOptions { Prefix = RunPaths.Manifests(run) }, cancellation)
        .Select(blob => (Path.GetFileNameWithoutExtension(blob.Name), blob.Properties.ETag)).ToListAsync(cancellation);

    /// <summary>Names of a run's manifests, oldest first.</summary>
    public async Task<IReadOnlyList<string>> ListNamesAsync(string run, CancellationToken cancellation) =>
        [.. (await ListAsync(run, cancellation)).Select(manifest => manifest.Name)];

    /// <summary>Stores a manifest unless one with its name exists.</summary>
    /// <returns>The stored manifest: the given one, or the one that another worker stored first.</returns>
    public async Task<Manifest> AddAsync(Manifest manifest, CancellationToken cancellation)
    {
        if (await Blob(manifest.Run, manifest.Name).TryCreateAsync(manifest.Write(), cancellation))
        {
            LogCommitted(manifest.Run, manifest.Name);
            return manifest;
        }
        LogAdopted(manifest.Run, manifest.Name);
        return await ReadAsync(manifest.Run, manifest.Name, cancellation)
            ?? throw new IOException($"{RunPaths.Manifest(manifest.Run, manifest.Name)} was removed while it was being read.");
    }

    /// <summary>Reads a manifest; null if it does not exist or is damaged.</summary>
    /// <param name="run">The run's id.</param>
    /// <param name="name">The manifest's name.</param>
    /// <param name="cancellation">Cancels the read.</param>
    /// <param name="refuseNewer">Whether a manifest of a later version is an error; otherwise it is skipped like a damaged one.</param>
    /// <exception cref="NewerFormatException">A later version wrote it, and <paramref name="refuseNewer"/> is true.</exception>
    public async Task<Manifest?> TryReadAsync(string run, string name, CancellationToken cancellation, bool refuseNewer = false)
    {
        try
        {
            return await ReadAsync(run, name, cancellation);
        }
        catch (InvalidDataException damage)
        {
            LogDamaged(run, name, damage.Message);
            return null;
        }
        catch (NewerFormatException newer) when (!refuseNewer)
        {
            LogNewer(run, name, newer.Message);
            return null;
        }
    }

    /// <summary>Removes a manifest.</summary>
    public Task DeleteAsync(string run, string name, CancellationToken cancellation) =>
        Blob(run, name).DeleteIfExistsAsync(cancellationToken: cancellation);

    /// <summary>The name that <c>latest.json</c> points to; null if the pointer does not exist or is damaged.</summary>
    public async Task<string?> FindLatestAsync(string run, CancellationToken cancellation) =>
        await LatestBlob(run).TryReadAsync(cancellation) is { } stored ? NameIn(run, stored) : null;

    /// <summary>Removes <c>latest.json</c>.</summary>
    public Task DeleteLatestAsync(string run, CancellationToken cancellation) => LatestBlob(run).DeleteIfExistsAsync(cancellationToken: cancellation);

    /// <summary>Points <c>latest.json</c> to a manifest.</summary>
    /// <param name="manifest">The manifest.</param>
    /// <param name="cancellation">Cancels the write.</param>
    /// <param name="backwards">Whether the pointer may move to an earlier manifest, because the later ones are damaged.</param>
    public async Task MoveLatestAsync(Manifest manifest, CancellationToken cancellation, bool backwards = false)
    {
        while (true) // until no other worker moves the pointer between the read and the write
        {
            var stored = await LatestBlob(manifest.Run).TryReadAsync(cancellation);
            var pointed = stored is null ? null : NameIn(manifest.Run, stored);
            var order = string.CompareOrdinal(manifest.Name, pointed); // null comes first
            if (order == 0 || (order < 0 && !backwards)) return;
            var content = BinaryData.FromObjectAsJson(new Pointer(manifest.Name), Json.Document);
            if (!await LatestBlob(manifest.Run).TryReplaceAsync(content, stored?.Version, cancellation)) continue;
            LogPointer(manifest.Run, manifest.Name);
            return;
        }
    }

    private async Task<Manifest?> ReadAsync(string run, string name, CancellationToken cancellation)
    {
        var blob = Blob(run, name);
        return await blob.TryReadAsync(stored =>
        {
            var manifest = Manifest.Read(blob.Name, stored.Content);
            return manifest.Name == name && manifest.Run == run
                ? manifest
                : throw new InvalidDataException($"{blob.Name} claims to be checkpoint {manifest.Name} of run {manifest.Run}.");
        }, cancellation);
    }

    private string? NameIn(string run, StoredBlob stored)
    {
        try
        {
            return Json.ReadDocument<Pointer>(RunPaths.Latest(run), stored.Content, newestFormat: 0).Name;
        }
        catch (InvalidDataException damage)
        {
            LogPointerDamaged(run, damage.Message);
            return null;
        }
    }

    private BlobClient Blob(string run, string name) => container.GetBlobClient(RunPaths.Manifest(run, name));

    private BlobClient LatestBlob(string run) => container.GetBlobClient(RunPaths.Latest(run));

    [LoggerMessage(LogLevel.Information, "Run {Run}: committed checkpoint {Name}")]
    private partial void LogCommitted(string run, string name);

    [LoggerMessage(LogLevel.Information, "Run {Run}: another worker committed checkpoint {Name} first; using that one")]
    private partial void LogAdopted(string run, string name);

    /// <summary>Logs that a reader skipped a damaged checkpoint.</summary>
    [LoggerMessage(LogLevel.Warning, "Run {Run}: skipping damaged checkpoint {Name}. {Damage}")]
    public partial void LogDamaged(string run, string name, string damage);

    [LoggerMessage(LogLevel.Warning, "Run {Run}: skipping checkpoint {Name}, which a later version wrote. {Newer}")]
    private partial void LogNewer(string run, string name, string newer);

    [LoggerMessage(LogLevel.Warning, "Run {Run}: ignoring damaged latest.json. {Damage}")]
    private partial void LogPointerDamaged(string run, string damage);

    [LoggerMessage(LogLevel.Debug, "Run {Run}: latest.json points to {Name}")]
    private partial void LogPointer(string run, string name);
}
