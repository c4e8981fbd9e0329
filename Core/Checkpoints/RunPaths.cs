namespace GanFunctions.Core.Checkpoints;

/// <summary>Blob names and prefixes of a run's data in the container.</summary>
public static class RunPaths
{
    /// <summary>Prefix of everything that a run stores.</summary>
    public static string Root(string run) => $"runs/{run}/";

    /// <summary>Prefix of all checkpoint files.</summary>
    public static string Blobs(string run) => Root(run) + "blobs/";

    /// <summary>A checkpoint file, named by the SHA-256 of its content.</summary>
    public static string Blob(string run, string sha256) => Blobs(run) + sha256;

    /// <summary>Prefix of all manifests.</summary>
    public static string Manifests(string run) => Root(run) + "checkpoints/";

    /// <summary>A manifest.</summary>
    public static string Manifest(string run, string name) => $"{Manifests(run)}{name}.json";

    /// <summary>Prefix of what the workers of a run on several workers have trained since the latest checkpoint.</summary>
    public static string Shards(string run) => Root(run) + "shards/";

    /// <summary>Prefix of a round.</summary>
    public static string Round(string run, string round) => $"{Shards(run)}{round}/";

    /// <summary>A worker's position in a round.</summary>
    public static string Shard(string run, string round, int worker, int step) => $"{Round(run, round)}{worker:D2}-{step:D6}.json";

    /// <summary>The pointer to the latest manifest.</summary>
    public static string Latest(string run) => Root(run) + "latest.json";

    /// <summary>The sample grid of an epoch.</summary>
    public static string Grid(string run, int epoch) => $"{Grids(run)}{epoch:D5}.png";

    /// <summary>Prefix of all sample grids.</summary>
    public static string Grids(string run) => Root(run) + "grids/";

    /// <summary>Prefix of all projections.</summary>
    public static string Projections(string run) => Root(run) + "projections/";

    /// <summary>A projection.</summary>
    public static string Projection(string run, string id) => $"{Projections(run)}{id}.json";
}
