using System.Runtime.CompilerServices;
using GanFunctions.Core.Checkpoints;
using GanFunctions.Core.Model;
using GanFunctions.Core.Runs;
using GanFunctions.Functions.Checkpoints;
using Microsoft.Extensions.Caching.Memory;

namespace GanFunctions.Functions.Samples;

/// <summary>Keeps the last few generators in memory, by the hash of their file. Requests that come at once load it once.</summary>
public sealed class GeneratorCache : IDisposable
{
    private readonly Lock _lock = new();
    private readonly MemoryCache _cache = new(new MemoryCacheOptions { SizeLimit = 4 });

    /// <summary>The generator of a file, averaged or raw, read by <paramref name="read"/> when it is not there.</summary>
    /// <exception cref="InvalidDataException">The file is damaged; nothing is kept.</exception>
    public async Task<Generator> GetAsync(string sha256, bool averaged, Func<Task<byte[]>> read)
    {
        var key = (sha256, averaged);
        Task<Generator> loading;
        lock (_lock)
        {
            // An evicted generator is left to its finalizer: a request may still be drawing from it.
            loading = _cache.GetOrCreate(key, entry =>
            {
                entry.Size = 1;
                return Task.Run(async () => NetworkState.LoadGenerator(await read(), averaged));
            })!;
        }
        try
        {
            return await loading;
        }
        catch
        {
            _cache.Remove(key);
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _cache.Dispose();
}

/// <summary>
/// Finds checkpoints to draw from. The latest one of a run at rest is remembered: as long as the run's row names it, blobs need not be asked.
/// </summary>
public sealed class SettledCheckpoints(CheckpointStore checkpoints) : IDisposable
{
    private readonly MemoryCache _latest = new(new MemoryCacheOptions { SizeLimit = 1000 });

    /// <inheritdoc cref="CheckpointStore.CandidatesAsync"/>
    public async IAsyncEnumerable<Manifest> CandidatesAsync(
        RunRow row, CheckpointChoice choice, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var isSettled = choice is { Epoch: null, Best: false } && row.IsAtRest;
        // Another orchestration, another key: a run that is gone may have had checkpoints of the same names.
        if (isSettled && _latest.TryGetValue(row.InstanceId, out Manifest? known) && known!.Name == row.Checkpoint) yield return known;
        await foreach (var manifest in checkpoints.CandidatesAsync(row.RowKey, choice.EpochIn(row), cancellation))
        {
            if (isSettled && manifest.Name == row.Checkpoint) _latest.Set(row.InstanceId, manifest, new MemoryCacheEntryOptions { Size = 1 });
            yield return manifest;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _latest.Dispose();
}
