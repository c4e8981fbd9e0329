using System.Runtime.CompilerServices;
using GanFunctions.Core.Checkpoints;
using GanFunctions.Core.Model;
using GanFunctions.Core.Runs;
using GanFunctions.Functions.Checkpoints;
using Microsoft.Extensions.Caching.Memory;

namespace GanFunctions.Functions.Samples;

/// <summary>Keeps the last few generators in memory, by the hash of their file. Generators are loaded one at a time, and each only once.</summary>
public sealed class GeneratorCache : IDisposable
{
    private const int MaxGenerators = 4;
    private readonly SemaphoreSlim _loading = new(1); // a load needs several times the size of the file
    private readonly Lock _lock = new();
    private readonly List<Entry> _entries = []; // the last used one is the last

    /// <summary>The generator of a file, averaged or raw, read by <paramref name="read"/> if it is not in memory.</summary>
    /// <param name="sha256">Hash of the file.</param>
    /// <param name="averaged">Whether to use the averaged weights.</param>
    /// <param name="read">Reads the file.</param>
    /// <param name="cancellation">Cancels the wait for other loads.</param>
    /// <returns>The generator, which stays in memory until the caller disposes the rental.</returns>
    /// <exception cref="InvalidDataException">The file is damaged; nothing is cached.</exception>
    public async Task<Rental> RentAsync(string sha256, bool averaged, Func<Task<byte[]>> read, CancellationToken cancellation)
    {
        if (TryRent((sha256, averaged)) is { } cached) return cached;
        await _loading.WaitAsync(cancellation);
        try
        {
            if (TryRent((sha256, averaged)) is { } loaded) return loaded;
            var file = await read();
            return Add(new((sha256, averaged), await Task.Run(() => NetworkState.LoadGenerator(file, averaged), CancellationToken.None)));
        }
        finally
        {
            _loading.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _loading.Dispose();
        lock (_lock) _entries.ForEach(entry => entry.Release());
    }

    private Rental? TryRent((string, bool) key)
    {
        lock (_lock)
        {
            if (_entries.Find(entry => entry.Key == key) is not { } found) return null;
            _entries.Remove(found);
            _entries.Add(found);
            return Rent(found);
        }
    }

    private Rental Add(Entry entry)
    {
        lock (_lock)
        {
            _entries.Add(entry);
            if (_entries.Count > MaxGenerators)
            {
                _entries[0].Release();
                _entries.RemoveAt(0);
            }
            return Rent(entry);
        }
    }

    private Rental Rent(Entry entry)
    {
        entry.Users++;
        return new(entry.Generator, () =>
        {
            lock (_lock) entry.Release();
        });
    }

    private sealed class Entry((string Sha256, bool Averaged) key, Generator generator)
    {
        public (string Sha256, bool Averaged) Key { get; } = key;

        public Generator Generator { get; } = generator;

        public int Users { get; set; } = 1; // the cache itself

        public void Release()
        {
            if (--Users == 0) Generator.Dispose();
        }
    }

    /// <summary>A generator in use.</summary>
    /// <param name="generator">The generator.</param>
    /// <param name="release">Ends the use.</param>
    public sealed class Rental(Generator generator, Action release) : IDisposable
    {
        private Action? _release = release;

        /// <summary>The generator.</summary>
        public Generator Generator { get; } = generator;

        /// <inheritdoc/>
        public void Dispose() => Interlocked.Exchange(ref _release, null)?.Invoke();
    }
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
