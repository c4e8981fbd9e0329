using Azure;
using Azure.Storage.Blobs.Models;
using Microsoft.Extensions.Logging;

namespace GanFunctions.Core.Checkpoints;

/// <content>Collects what nobody needs any more.</content>
public sealed partial class CheckpointStore
{
    // What was collected of the run that was collected last, by manifest: it need not be read again at every commit.
    private (string Run, HashSet<(string Name, ETag? Version)> Manifests) _collected = ("", []);

    /// <summary>
    /// Removes training states but those of the last commits and of the last ends of epochs, <paramref name="keep"/> of each, and whole
    /// checkpoints of mid-epoch before them. The generator of every epoch stays: so does all that <c>latest</c> and <c>best</c> mean. A reader
    /// whose checkpoint goes while it reads finds a newer one. What a crash leaves over is collected after a later commit.
    /// </summary>
    /// <param name="committed">The checkpoint just committed.</param>
    /// <param name="keep">How many, at least 1.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task CollectAsync(Manifest committed, int keep, CancellationToken cancellation)
    {
        var run = committed.Run;
        if (_collected.Run != run) _collected = (run, []);
        var all = await ListManifestsAsync(run, cancellation);
        var kept = all.TakeLast(keep).Concat(all.Where(IsEpochEnd).TakeLast(keep)).ToHashSet();
        var fallen = all.Where(manifest => !kept.Contains(manifest) && !_collected.Manifests.Contains(manifest)).ToList();
        await Parallel.ForEachAsync(fallen, cancellation, async (manifest, _) =>
        {
            if (await TryReadManifestAsync(run, manifest.Name, cancellation) is not { } read) return;
            if (!read.IsEpochEnd)
            {
                await container.GetBlobClient(RunPaths.Manifest(run, read.Name)).DeleteIfExistsAsync(cancellationToken: cancellation);
                await DeleteBlobAsync(run, read.Generator, cancellation);
            }
            await DeleteBlobAsync(run, read.Training, cancellation);
        });
        _collected.Manifests.UnionWith(fallen);
        if (fallen.Count > 0) LogCollected(run, fallen.Count);

        bool IsEpochEnd((string Name, ETag?) manifest) => Manifest.StepOf(manifest.Name) == committed.StepsPerEpoch;
    }

    /// <summary>Hashes of a run's files that are there.</summary>
    public async Task<IReadOnlySet<string>> ListFilesAsync(string run, CancellationToken cancellation) => await container
        .GetBlobsAsync(new GetBlobsOptions { Prefix = RunPaths.Blobs(run) }, cancellation)
        .Select(blob => blob.Name[(blob.Name.LastIndexOf('/') + 1)..]).ToHashSetAsync(cancellationToken: cancellation);

    [LoggerMessage(LogLevel.Debug, "Run {Run}: collected what is no longer needed of {Count} checkpoints")]
    private partial void LogCollected(string run, int count);
}
