using Azure;
using Azure.Storage.Blobs;
using GanFunctions.Core.Storage;
using Microsoft.Extensions.Logging;

namespace GanFunctions.Core.Data;

/// <summary>Removes what is left behind of data sets and uploads, never what a manifest or a conversion points to.</summary>
internal sealed class DatasetSweep(BlobContainerClient container, TimeProvider time, ILogger logger)
{
    /// <summary>Longer than any upload takes: what is older and in use by nobody was left by one that was cut off.</summary>
    private static readonly TimeSpan Leftover = TimeSpan.FromDays(1);

    /// <summary>Removes what is older than a day, of all data sets.</summary>
    public Task SweepAllAsync() => SweepAsync(DatasetBlobs.Root, "all", _ => false);

    /// <summary>Removes what is left behind of one data set. Tidying up fails nothing: the next upload tries again.</summary>
    public Task SweepAsync(string name, Func<string, bool> leftBehind) => SweepAsync(DatasetBlobs.FolderOf(name), name, leftBehind);

    private async Task SweepAsync(string prefix, string what, Func<string, bool> leftBehind)
    {
        try
        {
            Dictionary<string, HashSet<string>?> kept = [];
            await foreach (var item in container.GetBlobsAsync(new() { Prefix = prefix }))
            {
                if (item.Name.Split('/') is not [_, var name, var folder, _]) continue;
                if (time.GetUtcNow() - item.Properties.LastModified <= Leftover && !leftBehind(folder)) continue;
                if (!kept.TryGetValue(name, out var keep)) kept[name] = keep = await KeptAsync(name);
                if (keep?.Contains(folder) == false) await container.DeleteBlobIfExistsAsync(item.Name);
            }
        }
        catch (RequestFailedException failure)
        {
            logger.NotSwept(failure, what);
        }
    }

    /// <returns>Folders to keep; null where that cannot be told.</returns>
    private async Task<HashSet<string>?> KeptAsync(string name)
    {
        HashSet<string> keep = [];
        if (await container.ManifestBlob(name).TryReadAsync(CancellationToken.None) is { } found)
        {
            if (DatasetManifest.TryParse(name, found.Content) is not { } manifest) return null;
            keep.Add(manifest.Upload);
        }
        if (await container.ConversionBlob(name).TryReadAsync(CancellationToken.None) is { } state
            && Conversion.Parse(name, state.Content) is { IsOpen: true } conversion)
        {
            keep.Add(conversion.Upload);
        }
        return keep;
    }
}
