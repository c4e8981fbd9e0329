using System.Globalization;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using GanFunctions.Core.Storage;
using Microsoft.Extensions.Logging;

namespace GanFunctions.Core.Checkpoints;

/// <summary>
/// What the workers of a run on several workers have trained since the latest checkpoint: files like those of a checkpoint, and a manifest for each
/// position at which a worker stopped, which is not a checkpoint of the run.
/// </summary>
/// <param name="container">The container of all runs.</param>
/// <param name="checkpoints">Stores the files.</param>
/// <param name="logger">Logs damaged files.</param>
public sealed partial class ShardStore(BlobContainerClient container, CheckpointStore checkpoints, ILogger<ShardStore> logger)
{
    /// <summary>The furthest position of each worker in a round.</summary>
    /// <param name="run">The run's id.</param>
    /// <param name="round">The position that the round begins at (<see cref="TrainingCursor.Name"/>).</param>
    /// <param name="cancellation">Cancels the listing.</param>
    /// <returns>The step of each worker that has stored one.</returns>
    public async Task<IReadOnlyDictionary<int, int>> ListAsync(string run, string round, CancellationToken cancellation)
    {
        var furthest = new Dictionary<int, int>();
        await foreach (var blob in container.GetBlobsAsync(new GetBlobsOptions { Prefix = RunPaths.Round(run, round) }, cancellation))
        {
            if (Path.GetFileNameWithoutExtension(blob.Name).Split('-') is not [var worker, var step]) continue;
            var (index, reached) = (int.Parse(worker, CultureInfo.InvariantCulture), int.Parse(step, CultureInfo.InvariantCulture));
            furthest[index] = Math.Max(reached, furthest.GetValueOrDefault(index));
        }
        return furthest;
    }

    /// <summary>Reads what a worker has trained. Removes it if it is damaged, so that the worker trains it again.</summary>
    /// <returns>Null if it is missing or damaged.</returns>
    public async Task<Checkpoint?> TryLoadAsync(string run, string round, int worker, int step, CancellationToken cancellation)
    {
        var blob = container.GetBlobClient(RunPaths.Shard(run, round, worker, step));
        try
        {
            if (await ReadAsync(blob, cancellation) is not { } manifest) return null;
            var files = await Task.WhenAll(
                checkpoints.ReadAsync(run, manifest.Generator, cancellation), checkpoints.ReadAsync(run, manifest.Training, cancellation));
            return new(manifest, files[0], files[1]);
        }
        catch (InvalidDataException damage)
        {
            LogDamaged(run, blob.Name, damage.Message);
            await DeleteAsync(run, blob, cancellation);
            return null;
        }
    }

    /// <summary>Stores what a worker has trained, unless it is stored already.</summary>
    public async Task SaveAsync(
        string round, int worker, Manifest manifest, byte[] generator, byte[] training, CancellationToken cancellation)
    {
        await checkpoints.UploadAsync(manifest, generator, training, cancellation);
        await container.GetBlobClient(RunPaths.Shard(manifest.Run, round, worker, manifest.Step)).TryCreateAsync(manifest.Write(), cancellation);
    }

    /// <summary>Removes what was trained in all rounds except the one that begins at the latest checkpoint.</summary>
    /// <param name="latest">The latest checkpoint.</param>
    /// <param name="cancellation">Cancels the removal. Another call completes it.</param>
    public async Task CollectAsync(Manifest latest, CancellationToken cancellation)
    {
        var current = RunPaths.Round(latest.Run, latest.ToNextStep().Name);
        var expired = container.GetBlobsAsync(new GetBlobsOptions { Prefix = RunPaths.Shards(latest.Run) }, cancellation)
            .Where(blob => !blob.Name.StartsWith(current, StringComparison.Ordinal));
        await Parallel.ForEachAsync(
            expired, cancellation, async (item, token) => await DeleteAsync(latest.Run, container.GetBlobClient(item.Name), token));
    }

    // The files first: while their manifest exists, an interrupted removal can be completed.
    private async Task DeleteAsync(string run, BlobClient blob, CancellationToken cancellation)
    {
        try
        {
            if (await ReadAsync(blob, cancellation) is { } manifest) await checkpoints.WithdrawAsync(manifest, cancellation);
        }
        catch (Exception problem) when (problem is InvalidDataException or NewerFormatException)
        {
            LogDamaged(run, blob.Name, problem.Message);
        }
        await blob.DeleteIfExistsAsync(cancellationToken: cancellation);
    }

    private static Task<Manifest?> ReadAsync(BlobClient blob, CancellationToken cancellation) =>
        blob.TryReadAsync(stored => Manifest.Read(blob.Name, stored.Content), cancellation);

    [LoggerMessage(LogLevel.Warning, "Run {Run}: a worker trains again from the latest checkpoint, because {Blob} is damaged. {Damage}")]
    private partial void LogDamaged(string run, string blob, string damage);
}
