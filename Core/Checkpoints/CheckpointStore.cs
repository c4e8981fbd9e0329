using System.Security.Cryptography;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using Microsoft.Extensions.Logging;

namespace GanFunctions.Core.Checkpoints;

/// <summary>A checkpoint with its files, checked against their hashes; null where the caller has at hand what they hold.</summary>
public sealed record Checkpoint(Manifest Manifest, byte[]? Generator, byte[]? Training);

/// <summary>
/// Checkpoints of runs on Blob Storage. Blobs are named by their content and written first; the manifest is written last, by whoever
/// comes first; then the pointer moves. A crash between any two of these leaves a checkpoint that is whole or none.
/// </summary>
/// <param name="container">Container of all runs.</param>
/// <param name="logger">Says what was written, adopted, and found damaged.</param>
public sealed partial class CheckpointStore(BlobContainerClient container, ILogger<CheckpointStore> logger)
{
    /// <summary>The first half of a commit: writes the files that <paramref name="manifest"/> names.</summary>
    public Task UploadAsync(Manifest manifest, byte[] generator, byte[] training, CancellationToken cancellation) => Task.WhenAll(
        UploadAsync(manifest.Run, manifest.Generator, generator, cancellation),
        UploadAsync(manifest.Run, manifest.Training, training, cancellation));

    /// <summary>Takes back what <see cref="UploadAsync(Manifest, byte[], byte[], CancellationToken)"/> wrote for a commit that does not follow.</summary>
    public Task WithdrawAsync(Manifest manifest, CancellationToken cancellation) => Task.WhenAll(
        DeleteBlobAsync(manifest.Run, manifest.Generator, cancellation),
        DeleteBlobAsync(manifest.Run, manifest.Training, cancellation));

    /// <summary>
    /// The second half, when the files are there: commits. Where a checkpoint of that name exists already, that one is returned and ours forgotten.
    /// </summary>
    public async Task<Manifest> CommitAsync(Manifest manifest, CancellationToken cancellation)
    {
        var blob = container.GetBlobClient(RunPaths.Manifest(manifest.Run, manifest.Name));
        try
        {
            await blob.UploadAsync(manifest.Write(), IfNew, cancellation);
            LogCommitted(manifest.Run, manifest.Name);
        }
        catch (RequestFailedException taken) when (taken.ErrorCode == BlobErrorCode.BlobAlreadyExists)
        {
            manifest = await ReadManifestAsync(manifest.Run, manifest.Name, cancellation)
                ?? throw new IOException($"{blob.Name} was there a moment ago and is gone.", taken);
            LogAdopted(manifest.Run, manifest.Name);
        }
        await MovePointerAsync(manifest, cancellation);
        return manifest;
    }

    /// <summary>
    /// What a training goes on from: the newest checkpoint that is whole, or null. Damaged newer ones are removed, since their steps
    /// are about to be trained again under the same names, and the pointer is put where it belongs. A new attempt goes on from the end of
    /// an epoch: where an earlier attempt happened to be cut in mid-epoch must not decide what comes of the run.
    /// </summary>
    /// <param name="run">The run's id.</param>
    /// <param name="attempt">Roll-backs so far.</param>
    /// <param name="isAtHand">Whether the caller has in memory what the files of a checkpoint hold: those are not read.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="NewerFormatException">A later version wrote the newest checkpoint.</exception>
    public async Task<Checkpoint?> LoadForTrainingAsync(string run, int attempt, Predicate<Manifest> isAtHand, CancellationToken cancellation)
    {
        var names = await ListNamesAsync(run, cancellation);
        var removed = false;
        foreach (var name in names.Reverse())
        {
            if (await TryLoadAsync(run, name, isAtHand, cancellation) is not { } checkpoint)
            {
                // Another worker went on meanwhile, and collected what was just read.
                if ((await ListNamesAsync(run, cancellation)) is [.., var newest] && string.CompareOrdinal(newest, names[^1]) > 0)
                    return await LoadForTrainingAsync(run, attempt, isAtHand, cancellation);
                await RemoveDamagedAsync(run, name, cancellation);
                removed = true;
                continue;
            }
            await MovePointerAsync(checkpoint.Manifest, cancellation, backwards: removed);
            removed = false;
            if (checkpoint.Manifest.Attempt >= attempt || checkpoint.Manifest.IsEpochEnd) return checkpoint;
        }
        if (removed) await container.GetBlobClient(RunPaths.Latest(run)).DeleteIfExistsAsync(cancellationToken: cancellation);
        return null;
    }

    /// <summary>
    /// The checkpoint to sample from: the latest, or that of <paramref name="epoch"/>; passes over damaged ones. Null when there is none.
    /// </summary>
    /// <param name="run">The run's id.</param>
    /// <param name="epoch">Of which epoch; null is the latest.</param>
    /// <param name="isAtHand">Whether the caller has what comes of a checkpoint: its file is not read.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task<(Manifest Manifest, byte[]? Generator)?> LoadGeneratorAsync(
        string run, int? epoch, Predicate<Manifest> isAtHand, CancellationToken cancellation)
    {
        await foreach (var manifest in CandidatesAsync(run, epoch, cancellation))
        {
            if (isAtHand(manifest)) return (manifest, null);
            if (await TryReadAsync(run, manifest.Name, manifest.Generator, cancellation) is { } file) return (manifest, file);
        }
        return null;
    }

    /// <summary>Manifests to sample from, best first, without reading their blobs.</summary>
    public async IAsyncEnumerable<Manifest> CandidatesAsync(
        string run, int? epoch, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        string? pointed = null;
        if (epoch is null && await ReadPointerAsync(run, cancellation) is { } pointer)
        {
            pointed = pointer.Name;
            if (await TryReadManifestAsync(run, pointed, cancellation) is { } latest) yield return latest;
        }
        var names = await ListNamesAsync(run, cancellation);
        foreach (var name in names.Reverse().Where(name => name != pointed))
        {
            if (await TryReadManifestAsync(run, name, cancellation) is not { } manifest) continue;
            if (epoch is null || (manifest.Epoch == epoch && manifest.IsEpochEnd)) yield return manifest;
        }
    }

    /// <summary>All manifests of a run, oldest first; unreadable ones are logged and left out.</summary>
    public async Task<IReadOnlyList<Manifest>> ListAsync(string run, CancellationToken cancellation)
    {
        var manifests = new List<Manifest>();
        foreach (var name in await ListNamesAsync(run, cancellation))
        {
            if (await TryReadManifestAsync(run, name, cancellation) is { } manifest) manifests.Add(manifest);
        }
        return manifests;
    }

    /// <summary>Reads a blob of a checkpoint and checks its size and hash.</summary>
    /// <exception cref="InvalidDataException">The blob is missing or damaged.</exception>
    public async Task<byte[]> ReadAsync(string run, BlobReference reference, CancellationToken cancellation)
    {
        var blob = container.GetBlobClient(RunPaths.Blob(run, reference.Sha256));
        try
        {
            var content = (await blob.DownloadContentAsync(cancellation)).Value.Content.ToMemory();
            if (content.Length != reference.Size)
                throw new InvalidDataException($"{blob.Name} has {content.Length} bytes instead of {reference.Size}.");
            var bytes = content.ToArray();
            if (Reference(bytes) != reference) throw new InvalidDataException($"{blob.Name} does not have the content it is named after.");
            return bytes;
        }
        catch (RequestFailedException missing) when (missing.Status == 404)
        {
            throw new InvalidDataException($"{blob.Name} is missing.", missing);
        }
    }

    /// <summary>How content is referred to.</summary>
    public static BlobReference Reference(byte[] content) =>
        new(Convert.ToHexStringLower(SHA256.HashData(content)), content.Length);

    private async Task UploadAsync(string run, BlobReference reference, byte[] content, CancellationToken cancellation)
    {
        var blob = container.GetBlobClient(RunPaths.Blob(run, reference.Sha256));
        LogUploading(run, reference.Sha256, reference.Size);
        try
        {
            await blob.UploadAsync(new BinaryData(content), IfNew, cancellation);
        }
        catch (RequestFailedException taken) when (taken.ErrorCode == BlobErrorCode.BlobAlreadyExists)
        {
            // The same content was committed before, by an earlier checkpoint or another worker.
        }
        LogUploaded(run, reference.Sha256);
    }

    private Task DeleteBlobAsync(string run, BlobReference reference, CancellationToken cancellation) =>
        container.GetBlobClient(RunPaths.Blob(run, reference.Sha256)).DeleteIfExistsAsync(cancellationToken: cancellation);

    private async Task<Checkpoint?> TryLoadAsync(string run, string name, Predicate<Manifest> isAtHand, CancellationToken cancellation)
    {
        if (await TryReadManifestAsync(run, name, cancellation, refuseNewer: true) is not { } manifest) return null;
        if (isAtHand(manifest)) return new Checkpoint(manifest, null, null);
        var files = await Task.WhenAll(
            TryReadAsync(run, name, manifest.Generator, cancellation), TryReadAsync(run, name, manifest.Training, cancellation));
        return files is [{ } generator, { } training] ? new Checkpoint(manifest, generator, training) : null;
    }

    private async Task<byte[]?> TryReadAsync(string run, string name, BlobReference reference, CancellationToken cancellation)
    {
        try
        {
            return await ReadAsync(run, reference, cancellation);
        }
        catch (InvalidDataException damage)
        {
            LogDamaged(run, name, damage.Message);
            return null;
        }
    }

    private async Task RemoveDamagedAsync(string run, string name, CancellationToken cancellation)
    {
        if (await TryReadManifestAsync(run, name, cancellation) is { } manifest)
        {
            foreach (var reference in new[] { manifest.Generator, manifest.Training })
            {
                // A damaged blob would stand in the way of its own replacement, which has the same name.
                if (await TryReadAsync(run, name, reference, cancellation) is null) await DeleteBlobAsync(run, reference, cancellation);
            }
        }
        await container.GetBlobClient(RunPaths.Manifest(run, name)).DeleteIfExistsAsync(cancellationToken: cancellation);
        LogRemoved(run, name);
    }

    private static BlobUploadOptions IfNew => new() { Conditions = new BlobRequestConditions { IfNoneMatch = ETag.All } };

    [LoggerMessage(LogLevel.Debug, "Run {Run}: uploading blob {Sha256}, {Size} bytes")]
    private partial void LogUploading(string run, string sha256, long size);

    [LoggerMessage(LogLevel.Debug, "Run {Run}: uploaded blob {Sha256}")]
    private partial void LogUploaded(string run, string sha256);

    [LoggerMessage(LogLevel.Information, "Run {Run}: committed checkpoint {Name}")]
    private partial void LogCommitted(string run, string name);

    [LoggerMessage(LogLevel.Information, "Run {Run}: checkpoint {Name} was committed by another worker and is adopted")]
    private partial void LogAdopted(string run, string name);

    /// <summary>Says that a reader passed over a damaged checkpoint.</summary>
    [LoggerMessage(LogLevel.Warning, "Run {Run}: checkpoint {Name} is damaged and passed over: {Damage}")]
    public partial void LogDamaged(string run, string name, string damage);

    [LoggerMessage(LogLevel.Warning, "Run {Run}: damaged checkpoint {Name} removed, its steps are trained again")]
    private partial void LogRemoved(string run, string name);

    [LoggerMessage(LogLevel.Debug, "Run {Run}: latest.json points at {Name}")]
    private partial void LogPointer(string run, string name);
}
