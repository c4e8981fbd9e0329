using System.Globalization;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using GanFunctions.Core.Checkpoints;

namespace GanFunctions.Core.Imaging;

/// <summary>The grid that each epoch of a run has drawn from the same noise, on Blob Storage.</summary>
/// <param name="container">Container of all runs.</param>
public sealed class GridStore(BlobContainerClient container)
{
    /// <summary>A grid that is stored.</summary>
    /// <param name="Epoch">Of which epoch.</param>
    /// <param name="Version">Changes with its content.</param>
    public sealed record Stored(int Epoch, ETag Version);

    /// <summary>Stores an epoch's grid, in place of one of an attempt before.</summary>
    public Task SaveAsync(string run, int epoch, byte[] png, CancellationToken cancellation) =>
        container.GetBlobClient(RunPaths.Grid(run, epoch)).UploadAsync(new BinaryData(png), overwrite: true, cancellation);

    /// <summary>All grids of a run, by epoch.</summary>
    public IAsyncEnumerable<Stored> ListAsync(string run, CancellationToken cancellation) => container
        .GetBlobsAsync(new GetBlobsOptions { Prefix = RunPaths.Grids(run) }, cancellation)
        .Select(blob => new Stored(int.Parse(Path.GetFileNameWithoutExtension(blob.Name), CultureInfo.InvariantCulture), blob.Properties.ETag ?? default));

    /// <summary>An epoch's grid, as PNG; null where there is none.</summary>
    public async Task<byte[]?> FindAsync(string run, int epoch, CancellationToken cancellation)
    {
        try
        {
            return (await container.GetBlobClient(RunPaths.Grid(run, epoch)).DownloadContentAsync(cancellation)).Value.Content.ToArray();
        }
        catch (RequestFailedException missing) when (missing.Status == 404)
        {
            return null;
        }
    }
}
