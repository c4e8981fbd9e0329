using System.Globalization;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using GanFunctions.Core.Pictures;
using GanFunctions.Core.Storage;
using NetVips;

namespace GanFunctions.Core.Checkpoints;

/// <summary>Sample grids of runs in Blob Storage: one for each epoch, generated from the same noise.</summary>
/// <param name="container">The container of all runs.</param>
public sealed class GridStore(BlobContainerClient container)
{
    /// <summary>Rows and columns of pictures in a grid.</summary>
    public const int Side = 8;

    /// <summary>Scale factor of the stored pictures.</summary>
    public const int Scale = 2;

    /// <summary>A stored grid.</summary>
    /// <param name="Epoch">The epoch, from 1.</param>
    /// <param name="Version">ETag, which changes with the content.</param>
    public sealed record Stored(int Epoch, ETag Version);

    /// <summary>Stores the grid of an epoch. Replaces that of an earlier attempt.</summary>
    public Task SaveAsync(string run, int epoch, byte[] png, CancellationToken cancellation) =>
        container.GetBlobClient(RunPaths.Grid(run, epoch)).UploadAsync(new BinaryData(png), overwrite: true, cancellation);

    /// <summary>All grids of a run, ordered by epoch.</summary>
    public IAsyncEnumerable<Stored> ListAsync(string run, CancellationToken cancellation) => container
        .GetBlobsAsync(new GetBlobsOptions { Prefix = RunPaths.Grids(run) }, cancellation)
        .Select(blob => new Stored(EpochOf(blob.Name), blob.Properties.ETag ?? default));

    /// <summary>The epoch of a grid, by the name of its blob or file.</summary>
    internal static int EpochOf(string name) => int.Parse(Path.GetFileNameWithoutExtension(name), CultureInfo.InvariantCulture);

    /// <summary>At most <paramref name="max"/> of the grids, evenly spaced, with the first and the last.</summary>
    public static IReadOnlyList<Stored> Evenly(IReadOnlyList<Stored> all, int max) => all.Count <= max
        ? all
        : [.. Enumerable.Range(0, max).Select(index => all[(int)Math.Round((double)index * (all.Count - 1) / (max - 1))])];

    /// <summary>Crops a grid to its upper left corner, and scales it.</summary>
    /// <param name="png">A stored grid.</param>
    /// <param name="side">Rows and columns of pictures to keep, 1 to <see cref="Side"/>.</param>
    /// <param name="scale">Scale factor of the pictures, 1 to <see cref="Scale"/>.</param>
    /// <returns>The corner as PNG.</returns>
    public static byte[] Corner(byte[] png, int side, int scale)
    {
        if (side == Side && scale == Scale) return png;
        using var grid = Image.PngloadBuffer(png);
        var pixels = side * (grid.Width + PictureGrid.Gap * Scale) / Side - PictureGrid.Gap * Scale;
        using var corner = grid.Crop(0, 0, pixels, pixels);
        using var scaled = corner.Subsample(Scale / scale, Scale / scale);
        return PictureEncoder.Encode(scaled, PictureFormat.Png);
    }

    /// <summary>The shape of the pictures in a stored grid.</summary>
    public static PictureShape ShapeOf(byte[] png)
    {
        using var grid = Image.PngloadBuffer(png);
        return new((grid.Width / Scale + PictureGrid.Gap) / Side - PictureGrid.Gap, grid.Bands);
    }

    /// <summary>Whether a file is a grid of pictures, by its header.</summary>
    public static bool IsGrid(byte[] file)
    {
        try
        {
            using var grid = Image.PngloadBuffer(file);
            return grid.Width == grid.Height && ShapeOf(file).IsKnown;
        }
        catch (VipsException)
        {
            return false; // not a PNG
        }
    }

    /// <summary>Opens a stored grid to read it from top to bottom, once. It is decoded while it is read.</summary>
    /// <param name="png">A stored grid.</param>
    /// <param name="scale">Scale factor of the pictures, 1 to <see cref="Scale"/>.</param>
    /// <returns>The grid; the caller disposes it.</returns>
    public static Image Open(byte[] png, int scale)
    {
        using var grid = Image.PngloadBuffer(png, access: Enums.Access.Sequential);
        return grid.Subsample(Scale / scale, Scale / scale);
    }

    /// <summary>The grid of an epoch as PNG; null if there is none.</summary>
    public async Task<byte[]?> FindAsync(string run, int epoch, CancellationToken cancellation) =>
        (await container.GetBlobClient(RunPaths.Grid(run, epoch)).TryReadAsync(cancellation))?.Content.ToArray();
}
