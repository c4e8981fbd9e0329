using GanFunctions.Core.Checkpoints;
using GanFunctions.Core.Model;
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
