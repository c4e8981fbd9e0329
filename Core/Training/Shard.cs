namespace GanFunctions.Core.Training;

/// <summary>The share of every batch that one of several workers trains on. The shards of a batch are disjoint and of equal size.</summary>
/// <param name="Index">The worker, from 0.</param>
/// <param name="Workers">Number of workers.</param>
public readonly record struct Shard(int Index, int Workers)
{
    /// <summary>The whole batch, for a run that one worker trains.</summary>
    public static Shard Whole => new(0, 1);

    /// <summary>Pictures of the shard.</summary>
    public int SizeOf(int batchSize) => batchSize / Workers;
}
