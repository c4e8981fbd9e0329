using System.Net;
using System.Text;
using Azure;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using GanFunctions.Core.Storage;

namespace GanFunctions.Core.Data.Uploads;

/// <summary>
/// Uploads that are sent in blocks over several requests, because they are too large for one. A blob's uncommitted blocks hold what has arrived.
/// </summary>
internal static class UploadBlocks
{
    /// <summary>Stores one block. A block may be sent again; the last one counts.</summary>
    /// <param name="blob">The upload.</param>
    /// <param name="index">Position of the block, from 0.</param>
    /// <param name="body">The content.</param>
    /// <param name="maxBytes">Maximum size of a block.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    /// <exception cref="InvalidDataException">The block is empty, which Azure Storage does not accept.</exception>
    /// <exception cref="UploadTooLargeException">The block exceeds <paramref name="maxBytes"/>.</exception>
    public static async Task StageBlockOfUploadAsync(this BlockBlobClient blob, int index, Stream body, long maxBytes, CancellationToken cancellation)
    {
        using var content = await BoundedRead.AllAsync(body, maxBytes, cancellation: cancellation)
            ?? throw new UploadTooLargeException(maxBytes, nameof(DatasetOptions.MaxBlockBytes));
        if (content.Length == 0) throw new InvalidDataException($"block {index} is empty; it must have 1 to {maxBytes} bytes");
        await blob.StageBlockAsync(IdOf(index), content, cancellationToken: cancellation);
    }

    /// <summary>Completes an upload.</summary>
    /// <param name="blob">The upload.</param>
    /// <param name="blocks">Number of blocks.</param>
    /// <param name="maxBytes">Maximum size of all blocks together.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    /// <exception cref="InvalidDataException">Blocks are missing, or more blocks were sent.</exception>
    /// <exception cref="UploadTooLargeException">The blocks together exceed <paramref name="maxBytes"/>.</exception>
    public static async Task CommitBlocksOfUploadAsync(this BlockBlobClient blob, int blocks, long maxBytes, CancellationToken cancellation)
    {
        var staged = await StagedAsync(blob, cancellation);
        List<int> missing = [.. Enumerable.Range(0, blocks).Where(index => !staged.ContainsKey(IdOf(index)))];
        if (missing.Count > 0) throw new InvalidDataException($"{missing.Count} of {blocks} blocks are missing, the first of them block {missing[0]}");
        if (staged.Count > blocks) throw new InvalidDataException($"{staged.Count} blocks were sent, but the request declares {blocks}");
        if (staged.Values.Sum() > maxBytes) throw new UploadTooLargeException(maxBytes);
        await blob.CommitBlockListAsync(Enumerable.Range(0, blocks).Select(IdOf), cancellationToken: cancellation);
    }

    /// <summary>The sizes of the blocks that are stored and not committed, by id.</summary>
    public static async Task<Dictionary<string, long>> StagedAsync(BlockBlobClient blob, CancellationToken cancellation)
    {
        try
        {
            var list = await blob.GetBlockListAsync(BlockListTypes.Uncommitted, cancellationToken: cancellation);
            return list.Value.UncommittedBlocks.ToDictionary(block => block.Name, block => block.SizeLong);
        }
        catch (RequestFailedException missing) when (missing.Status == (int)HttpStatusCode.NotFound)
        {
            return [];
        }
    }

    /// <summary>The id of a block. All ids of a blob must have the same length.</summary>
    public static string IdOf(int index) => Convert.ToBase64String(Encoding.ASCII.GetBytes($"{index:D6}"));
}
