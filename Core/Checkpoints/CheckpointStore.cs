using System.Runtime.CompilerServices;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using GanFunctions.Core.Storage;
using GanFunctions.Core.Training;
using Microsoft.Extensions.Logging;

namespace GanFunctions.Core.Checkpoints;

/// <summary>A checkpoint with its files, whose hashes have been verified. A file is null if the caller did not need it.</summary>
public sealed record Checkpoint(Manifest Manifest, byte[]? Generator, byte[]? Training);

/// <summary>
/// Checkpoints of runs in Blob Storage. A commit writes the files first, named by their content; then the manifest, which the first writer
/// wins; then it moves the pointer to the latest manifest. A crash at any point leaves a complete checkpoint or none.
/// </summary>
/// <param name="container">The container of all runs.</param>
/// <param name="logger">Logs commits and damaged checkpoints.</param>
public sealed partial class CheckpointStore(BlobContainerClient container, ILogger<CheckpointStore> logger)
{
    private readonly ManifestStore _manifests = new(container, logger);
    private readonly GeneratorRetention _generators = new(container, new ManifestStore(container, logger));

    // Expired manifests of the last run whose files are already removed, so that later commits need not read them again.
    private (string Run, HashSet<(string Name, ETag? Version)> Manifests) _collected = ("", []);

    /// <summary>The first half of a commit: uploads the files that <paramref name="manifest"/> names.</summary>
    public Task UploadAsync(Manifest manifest, byte[] generator, byte[] training, CancellationToken cancellation) => Task.WhenAll(
        UploadAsync(manifest.Run, manifest.Generator, generator, cancellation),
        UploadAsync(manifest.Run, manifest.Training, training, cancellation));

    /// <summary>Removes uploaded files of a commit that will not be completed.</summary>
    public Task WithdrawAsync(Manifest manifest, CancellationToken cancellation) => Task.WhenAll(
        DeleteFileAsync(manifest.Run, manifest.Generator, cancellation),
        DeleteFileAsync(manifest.Run, manifest.Training, cancellation));

    /// <summary>The second half of a commit, once the files are uploaded: stores the manifest.</summary>
    /// <returns>The committed manifest: the given one, or the one of the same name that another worker committed first.</returns>
    public async Task<Manifest> CommitAsync(Manifest manifest, CancellationToken cancellation)
    {
        var committed = await _manifests.AddAsync(manifest, cancellation);
        await _manifests.MoveLatestAsync(committed, cancellation);
        return committed;
    }

    /// <summary>
    /// The newest intact checkpoint, which training resumes from; null if there is none. Removes newer damaged checkpoints, because
    /// training is about to repeat their steps under the same names, and corrects the pointer. After a rollback, only checkpoints of complete
    /// epochs are considered: the result of a run must not depend on where an earlier attempt was interrupted.
    /// </summary>
    /// <param name="run">The run's id.</param>
    /// <param name="attempt">Rollbacks so far.</param>
    /// <param name="isInMemory">Whether the caller has the content of a checkpoint's files in memory; if so, they are not read.</param>
    /// <param name="cancellation">Cancels the reads.</param>
    /// <exception cref="NewerFormatException">A later version wrote the newest checkpoint.</exception>
    public async Task<Checkpoint?> LoadForTrainingAsync(string run, int attempt, Predicate<Manifest> isInMemory, CancellationToken cancellation)
    {
        var names = await _manifests.ListNamesAsync(run, cancellation);
        var removed = false;
        foreach (var name in names.Reverse())
        {
            if (await TryLoadAsync(run, name, isInMemory, cancellation) is not { } checkpoint)
            {
                // Another worker may have continued the training and removed the files that this one was reading.
                if ((await _manifests.ListNamesAsync(run, cancellation)) is [.., var newest] && string.CompareOrdinal(newest, names[^1]) > 0)
                    return await LoadForTrainingAsync(run, attempt, isInMemory, cancellation);
                await RemoveDamagedAsync(run, name, cancellation);
                removed = true;
                continue;
            }
            await _manifests.MoveLatestAsync(checkpoint.Manifest, cancellation, backwards: removed);
            removed = false;
            if (checkpoint.Manifest.Attempt >= attempt || checkpoint.Manifest.IsEpochEnd) return checkpoint;
        }
        if (removed) await _manifests.DeleteLatestAsync(run, cancellation);
        return null;
    }

    /// <summary>The checkpoint to sample from. Skips damaged checkpoints.</summary>
    /// <param name="run">The run's id.</param>
    /// <param name="epoch">The epoch; null for the latest checkpoint.</param>
    /// <param name="isKnown">Whether the caller already has what it needs from a checkpoint; if so, its file is not read.</param>
    /// <param name="cancellation">Cancels the reads.</param>
    /// <returns>The manifest and its generator file; null if there is no such checkpoint.</returns>
    public async Task<(Manifest Manifest, byte[]? Generator)?> LoadGeneratorAsync(
        string run, int? epoch, Predicate<Manifest> isKnown, CancellationToken cancellation)
    {
        await foreach (var manifest in CandidatesAsync(run, epoch, cancellation))
        {
            if (isKnown(manifest)) return (manifest, null);
            if (await TryReadAsync(run, manifest.Name, manifest.Generator, cancellation) is { } file) return (manifest, file);
        }
        return null;
    }

    /// <summary>Manifests of the checkpoints to sample from, best match first. The files are not read.</summary>
    public async IAsyncEnumerable<Manifest> CandidatesAsync(
        string run, int? epoch, [EnumeratorCancellation] CancellationToken cancellation)
    {
        string? pointed = null;
        if (epoch is null && (pointed = await _manifests.FindLatestAsync(run, cancellation)) is not null)
        {
            if (await _manifests.TryReadAsync(run, pointed, cancellation) is { } latest) yield return latest;
        }
        var names = await _manifests.ListNamesAsync(run, cancellation);
        foreach (var name in names.Reverse().Where(name => name != pointed))
        {
            if (await _manifests.TryReadAsync(run, name, cancellation) is not { } manifest) continue;
            if (epoch is null || (manifest.Epoch == epoch && manifest.IsEpochEnd)) yield return manifest;
        }
    }

    /// <summary>All manifests of a run, oldest first. Unreadable manifests are logged and skipped.</summary>
    public async Task<IReadOnlyList<Manifest>> ListAsync(string run, CancellationToken cancellation)
    {
        var manifests = new List<Manifest>();
        foreach (var name in await _manifests.ListNamesAsync(run, cancellation))
        {
            if (await _manifests.TryReadAsync(run, name, cancellation) is { } manifest) manifests.Add(manifest);
        }
        return manifests;
    }

    /// <summary>Hashes of the checkpoint files that a run has stored.</summary>
    public async Task<IReadOnlySet<string>> ListFilesAsync(string run, CancellationToken cancellation) => await container
        .GetBlobsAsync(new GetBlobsOptions { Prefix = RunPaths.Blobs(run) }, cancellation)
        .Select(blob => blob.Name[(blob.Name.LastIndexOf('/') + 1)..]).ToHashSetAsync(cancellationToken: cancellation);

    /// <summary>Reads a file of a checkpoint and verifies its size and hash.</summary>
    /// <returns>Null if the file is missing or damaged, which is logged.</returns>
    public Task<byte[]?> TryReadAsync(string run, Manifest manifest, BlobReference reference, CancellationToken cancellation) =>
        TryReadAsync(run, manifest.Name, reference, cancellation);

    /// <summary>Reads a file of a checkpoint and verifies its size and hash.</summary>
    /// <exception cref="InvalidDataException">The file is missing or damaged.</exception>
    public Task<byte[]> ReadAsync(string run, BlobReference reference, CancellationToken cancellation) => File(run, reference).ReadAsync(reference, cancellation);

    /// <summary>
    /// Removes expired files: those of all checkpoints except the last <paramref name="keep"/> commits and the last <paramref name="keep"/>
    /// complete epochs. Of an expired complete epoch only the training state is removed; its manifest and generator are kept. A reader whose
    /// checkpoint is removed while it reads finds a newer one. An interrupted removal is repeated after a later commit, for all checkpoints whose
    /// manifests still exist.
    /// </summary>
    /// <param name="committed">The checkpoint that was just committed.</param>
    /// <param name="keep">Number of training states to keep of each kind, at least 1.</param>
    /// <param name="cancellation">Cancels the removal.</param>
    public async Task CollectAsync(Manifest committed, int keep, CancellationToken cancellation)
    {
        var run = committed.Run;
        if (_collected.Run != run) _collected = (run, []);
        var all = await _manifests.ListAsync(run, cancellation);
        var kept = all.TakeLast(keep).Concat(all.Where(IsEpochEnd).TakeLast(keep)).ToHashSet();
        var expired = all.Where(manifest => !kept.Contains(manifest) && !_collected.Manifests.Contains(manifest)).ToList();
        await Parallel.ForEachAsync(expired, cancellation, async (manifest, _) =>
        {
            if (await _manifests.TryReadAsync(run, manifest.Name, cancellation) is not { } read) return;
            await DeleteFileAsync(run, read.Training, cancellation);
            if (read.IsEpochEnd) return;
            await DeleteFileAsync(run, read.Generator, cancellation);
            await _manifests.DeleteAsync(run, read.Name, cancellation); // last: without it, an interrupted removal would not be repeated
        });
        _collected.Manifests.UnionWith(expired);
        if (expired.Count > 0) LogCollected(run, expired.Count);

        bool IsEpochEnd((string Name, ETag?) manifest) => Manifest.StepOf(manifest.Name) == committed.StepsPerEpoch;
    }

    /// <summary>
    /// Drops the generators that a run does not keep (<see cref="TrainingOptions.KeepGenerators"/>). Manifests and sample grids stay. An interrupted removal is
    /// completed after a later commit.
    /// </summary>
    public async Task DropGeneratorsAsync(string run, TrainingOptions options, CancellationToken cancellation)
    {
        if (await _generators.DropAsync(run, options, cancellation) is > 0 and var dropped) LogDropped(run, dropped);
    }

    /// <summary>The epochs whose generators a run keeps, if that of <paramref name="epoch"/> is not one of them; otherwise null.</summary>
    public async Task<IReadOnlyList<int>?> FindKeptInsteadAsync(string run, int epoch, TrainingOptions options, CancellationToken cancellation)
    {
        if (options.KeepGenerators is null) return null;
        var names = await _manifests.ListNamesAsync(run, cancellation);
        if (names.Count == 0 || await _manifests.TryReadAsync(run, names[^1], cancellation) is not { } newest) return null;
        var kept = Epochs(GeneratorRetention.KeptBy(names, newest, options));
        return kept.Contains(epoch) || !Epochs(names).Contains(epoch) ? null : kept;

        List<int> Epochs(IEnumerable<string> of) =>
            [.. of.Where(name => Manifest.StepOf(name) == newest.StepsPerEpoch).Select(Manifest.EpochOf).Distinct().Order()];
    }

    /// <summary>Logs that a reader skipped a damaged checkpoint.</summary>
    public void LogDamaged(string run, string name, string damage) => _manifests.LogDamaged(run, name, damage);

    private async Task UploadAsync(string run, BlobReference reference, byte[] content, CancellationToken cancellation)
    {
        LogUploading(run, reference.Sha256, reference.Size);
        await File(run, reference).TryCreateAsync(new BinaryData(content), cancellation); // it may exist: an earlier commit had the same content
        LogUploaded(run, reference.Sha256);
    }

    private BlobClient File(string run, BlobReference reference) => container.GetBlobClient(RunPaths.Blob(run, reference.Sha256));

    private Task DeleteFileAsync(string run, BlobReference reference, CancellationToken cancellation) =>
        File(run, reference).DeleteIfExistsAsync(cancellationToken: cancellation);

    private async Task<Checkpoint?> TryLoadAsync(string run, string name, Predicate<Manifest> isInMemory, CancellationToken cancellation)
    {
        if (await _manifests.TryReadAsync(run, name, cancellation, refuseNewer: true) is not { } manifest) return null;
        if (isInMemory(manifest)) return new Checkpoint(manifest, null, null);
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
        if (await _manifests.TryReadAsync(run, name, cancellation) is { } manifest)
        {
            foreach (var reference in new[] { manifest.Generator, manifest.Training })
            {
                // A damaged file would prevent the upload of its replacement, which has the same name.
                if (await TryReadAsync(run, name, reference, cancellation) is null) await DeleteFileAsync(run, reference, cancellation);
            }
        }
        await _manifests.DeleteAsync(run, name, cancellation);
        LogRemoved(run, name);
    }

    [LoggerMessage(LogLevel.Debug, "Run {Run}: uploading file {Sha256}, {Size} bytes")]
    private partial void LogUploading(string run, string sha256, long size);

    [LoggerMessage(LogLevel.Debug, "Run {Run}: uploaded file {Sha256}")]
    private partial void LogUploaded(string run, string sha256);

    [LoggerMessage(LogLevel.Warning, "Run {Run}: removed damaged checkpoint {Name}; training repeats its steps")]
    private partial void LogRemoved(string run, string name);

    [LoggerMessage(LogLevel.Debug, "Run {Run}: dropped {Count} generators")]
    private partial void LogDropped(string run, int count);

    [LoggerMessage(LogLevel.Debug, "Run {Run}: removed the expired files of {Count} checkpoints")]
    private partial void LogCollected(string run, int count);
}
