using System.Runtime.CompilerServices;
using GanFunctions.Core.Checkpoints;
using GanFunctions.Core.Runs;
using GanFunctions.Functions.Checkpoints;
using Microsoft.Extensions.Caching.Memory;

namespace GanFunctions.Functions.Samples;

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
