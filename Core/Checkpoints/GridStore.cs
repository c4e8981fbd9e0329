using System.Globalization;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using GanFunctions.Core.Pictures;
using GanFunctions.Core.Storage;
using NetVips;

namespace GanFunctions.Core.Checkpoints;

/// <summary>The grid that each epoch of a run has drawn from the same noise, on Blob Storage.</summary>
/// <param name="container">Container of all runs.</param>
public sealed class GridStore(BlobContainerClient container)
{
    /// <summary>Pictures in a row and in a column.</summary>
    public const int Side = 8;

    /// <summary>Each pixel of a picture is a square of this side.</summary>
    public const int Scale = 2;

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

    /// <summary>The pictures in a grid's upper left corner.</summary>
    /// <param name="png">A grid as it is stored.</param>
    /// <param name="side">Pictures in a row and in a column, 1 to <see cref="Side"/>.</param>
    /// <param name="scale">1 to <see cref="Scale"/>.</param>
    /// <returns>PNG.</returns>
    public static byte[] Corner(byte[] png, int side, int scale)
    {
        if (side == Side && scale == Scale) return png;
        using var grid = Image.PngloadBuffer(png);
        var pixels = side * (grid.Width + PictureGrid.Gap * Scale) / Side - PictureGrid.Gap * Scale;
        using var corner = grid.Crop(0, 0, pixels, pixels);
        using var scaled = corner.Subsample(Scale / scale, Scale / scale);
        return PictureEncoder.Encode(scaled, PictureFormat.Png);
    }

    /// <summary>An epoch's grid, as PNG; null where there is none.</summary>
    public async Task<byte[]?> FindAsync(string run, int epoch, CancellationToken cancellation) =>
        (await container.GetBlobClient(RunPaths.Grid(run, epoch)).TryReadAsync(cancellation))?.Content.ToArray();
}
