using Azure.Storage.Blobs;
using GanFunctions.Core.Training;

namespace GanFunctions.Core.Checkpoints;

/// <summary>
/// Drops the generators that a run does not keep (<see cref="TrainingOptions.KeepGenerators"/>). Their manifests stay. Each deletion leaves a whole
/// run, so an interrupted removal is completed after a later commit.
/// </summary>
internal sealed class GeneratorRetention(BlobContainerClient container, ManifestStore manifests)
{
    // Of the last run: hashes of its generators by manifest, and manifests whose generators are dropped, so that later commits need not read them again.
    private (string Run, Dictionary<string, string> Hashes, HashSet<string> Dropped) _known = ("", [], []);

    /// <summary>
    /// The manifests whose generators a run keeps: the newest complete epochs, the best epoch, and the checkpoints that training may resume from, among them
    /// the newest one.
    /// </summary>
    /// <param name="names">Names of all manifests, oldest first.</param>
    /// <param name="newest">The newest manifest.</param>
    /// <param name="options">The run's options.</param>
    public static HashSet<string> KeptBy(IReadOnlyList<string> names, Manifest newest, TrainingOptions options)
    {
        var ends = names.Where(name => Manifest.StepOf(name) == newest.StepsPerEpoch).ToList();
        return
        [
            .. names.TakeLast(options.KeepTraining),
            .. ends.TakeLast(Math.Max(options.KeepTraining, options.KeepGenerators ?? int.MaxValue)),
            .. ends.Where(name => Manifest.EpochOf(name) == newest.Best?.Epoch),
        ];
    }

    /// <summary>Drops the generators that are not kept.</summary>
    /// <param name="run">The run's id.</param>
    /// <param name="options">Its options.</param>
    /// <param name="cancellation">Cancels the removal.</param>
    /// <returns>Number of generators that were dropped.</returns>
    public async Task<int> DropAsync(string run, TrainingOptions options, CancellationToken cancellation)
    {
        if (options.KeepGenerators is null) return 0;
        if (_known.Run != run) _known = (run, [], []);
        var names = await manifests.ListNamesAsync(run, cancellation);
        // The newest manifest knows the best epoch; that of a slower worker may not.
        if (names.Count == 0 || await manifests.TryReadAsync(run, names[^1], cancellation) is not { } newest) return 0;
        var kept = KeptBy(names, newest, options);
        var expired = names.Where(name => !kept.Contains(name) && !_known.Dropped.Contains(name)).ToList();
        if (expired.Count == 0) return 0;

        // Files are named by their content: one that is needed elsewhere stays.
        var needed = new HashSet<string?> { options.InitFrom?.Generator, options.InitFrom?.Training };
        foreach (var name in kept)
        {
            if (await HashOfAsync(run, name, cancellation) is not { } hash) return 0; // removed or damaged: what it needs is unknown
            needed.Add(hash);
        }
        var dropped = 0;
        foreach (var name in expired)
        {
            if (await HashOfAsync(run, name, cancellation) is not { } hash) continue;
            var file = container.GetBlobClient(RunPaths.Blob(run, hash));
            if (!needed.Contains(hash) && await file.DeleteIfExistsAsync(cancellationToken: cancellation)) dropped++;
            if (Manifest.StepOf(name) == newest.StepsPerEpoch) _known.Dropped.Add(name);
        }
        return dropped;
    }

    private async Task<string?> HashOfAsync(string run, string name, CancellationToken cancellation)
    {
        if (_known.Hashes.TryGetValue(name, out var known)) return known;
        if (await manifests.TryReadAsync(run, name, cancellation) is not { } manifest) return null;
        return _known.Hashes[name] = manifest.Generator.Sha256;
    }
}
