namespace GanFunctions.Core.Checkpoints;

/// <summary>Where the parts of a run lie in the container.</summary>
public static class RunPaths
{
    /// <summary>Everything of a run.</summary>
    public static string Root(string run) => $"runs/{run}/";

    /// <summary>All blobs of checkpoints.</summary>
    public static string Blobs(string run) => Root(run) + "blobs/";

    /// <summary>A blob by the hash of its content.</summary>
    public static string Blob(string run, string sha256) => Blobs(run) + sha256;

    /// <summary>All manifests.</summary>
    public static string Manifests(string run) => Root(run) + "checkpoints/";

    /// <summary>One manifest.</summary>
    public static string Manifest(string run, string name) => $"{Manifests(run)}{name}.json";

    /// <summary>The pointer to the latest manifest.</summary>
    public static string Latest(string run) => Root(run) + "latest.json";

    /// <summary>The picture grid of an epoch.</summary>
    public static string Grid(string run, int epoch) => $"{Grids(run)}{epoch:D5}.png";

    /// <summary>All picture grids.</summary>
    public static string Grids(string run) => Root(run) + "grids/";
}
