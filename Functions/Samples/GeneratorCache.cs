using System.Runtime.CompilerServices;
using GanFunctions.Core.Checkpoints;
using GanFunctions.Core.Model;
using GanFunctions.Core.Runs;
using GanFunctions.Functions.Checkpoints;
using Microsoft.Extensions.Caching.Memory;

namespace GanFunctions.Functions.Samples;

/// <summary>Keeps the last few generators in memory, by the hash of their file. Concurrent requests load a generator once.</summary>
public sealed class GeneratorCache : IDisposable
{
    private readonly Lock _lock = new();
    private readonly MemoryCache _cache = new(new MemoryCacheOptions { SizeLimit = 4 });

    /// <summary>The generator of a file, averaged or raw, read by <paramref name="read"/> if it is not in memory.</summary>
    /// <exception cref="InvalidDataException">The file is damaged; nothing is cached.</exception>
    public async Task<Generator> GetAsync(string sha256, bool averaged, Func<Task<byte[]>> read)
    {
        var key = (sha256, averaged);
        Task<Generator> loading;
        lock (_lock)
        {
            // An evicted generator is left to its finalizer: a request may still be using it.
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
/// Finds checkpoints to sample from. The latest checkpoint of a run at rest is cached: while the run's row names it, no blob needs to be read.
/// </summary>
public sealed class CheckpointCache(CheckpointStore checkpoints) : IDisposable
{
    private readonly MemoryCache _latest = new(new MemoryCacheOptions { SizeLimit = 1000 });

    /// <inheritdoc cref="CheckpointStore.CandidatesAsync"/>
    public async IAsyncEnumerable<Manifest> CandidatesAsync(
        RunRow row, CheckpointChoice choice, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var isSettled = choice is { Epoch: null, Best: false } && row.IsAtRest;
        // The orchestration's id is the key: a deleted run may have had checkpoints of the same names.
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
