using System.IO.Pipelines;
using System.Net;
using System.Text;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using GanFunctions.Core.Storage;

namespace GanFunctions.Core.Data.Uploads;

/// <summary>
/// Uploads that are stored as they are before they are packed as a zip archive: those that are sent in blocks over several requests, because they are too
/// large for one, and those that <see cref="SourceDownload"/> fetches.
/// </summary>
/// <param name="container">The container with <c>datasets/</c>.</param>
/// <param name="options">The size limits.</param>
public sealed class RawUpload(BlobContainerClient container, DatasetOptions options)
{
    /// <summary>Maximum number of blocks.</summary>
    public const int MaxBlocks = 10_000;

    /// <summary>Stores one block. A block may be sent again; the last one counts.</summary>
    /// <param name="name">The data set's name.</param>
    /// <param name="upload">The upload's id.</param>
    /// <param name="index">Position of the block, from 0.</param>
    /// <param name="body">The content.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    /// <exception cref="UploadTooLargeException">The block exceeds <see cref="DatasetOptions.MaxBlockBytes"/>.</exception>
    public async Task StageBlockAsync(string name, string upload, int index, Stream body, CancellationToken cancellation)
    {
        using var content = await BoundedRead.AllAsync(body, options.MaxBlockBytes, cancellation: cancellation)
            ?? throw new UploadTooLargeException(options.MaxBlockBytes, nameof(DatasetOptions.MaxBlockBytes));
        await container.RawBlob(name, upload).StageBlockAsync(IdOf(index), content, cancellationToken: cancellation);
    }

    /// <summary>Completes an upload in blocks.</summary>
    /// <param name="name">The data set's name.</param>
    /// <param name="upload">The upload's id.</param>
    /// <param name="blocks">Number of blocks.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    /// <exception cref="InvalidDataException">Blocks are missing, or more blocks were sent.</exception>
    /// <exception cref="UploadTooLargeException">The blocks together exceed <see cref="DatasetOptions.MaxUploadBytes"/>.</exception>
    public async Task CompleteAsync(string name, string upload, int blocks, CancellationToken cancellation)
    {
        var raw = container.RawBlob(name, upload);
        var staged = await StagedAsync(raw, cancellation);
        List<int> missing = [.. Enumerable.Range(0, blocks).Where(index => !staged.ContainsKey(IdOf(index)))];
        if (missing.Count > 0) throw new InvalidDataException($"{missing.Count} of {blocks} blocks are missing, the first of them block {missing[0]}");
        if (staged.Count > blocks) throw new InvalidDataException($"{staged.Count} blocks were sent, but the request declares {blocks}");
        if (staged.Values.Sum() > options.MaxUploadBytes) throw new UploadTooLargeException(options.MaxUploadBytes);
        await raw.CommitBlockListAsync(Enumerable.Range(0, blocks).Select(IdOf), cancellationToken: cancellation);
    }

    /// <summary>Packs a complete upload as a zip archive. Does nothing if it is already packed, or there is no such upload.</summary>
    /// <exception cref="UploadRefusedException">The format is not supported, or the content is damaged or too large.</exception>
    internal async Task PackAsync(string name, string upload, CancellationToken cancellation)
    {
        var (raw, packed) = (container.RawBlob(name, upload), container.StagedBlob(name, upload));
        if (await packed.ExistsAsync(cancellation) || !await raw.ExistsAsync(cancellation)) return;
        try
        {
            await using var stream = await raw.OpenReadAsync(new BlobOpenReadOptions(allowModifications: false), cancellation);
            await UploadStaging.WriteAsync(
                packed, (target, token) => UploadPacking.PackAsync(PipeReader.Create(stream), target, token), options.MaxUploadBytes, cancellation);
        }
        catch (InvalidDataException damage)
        {
            throw new UploadRefusedException("the upload", damage.Message.TrimEnd('.'), "an archive of pictures, IDX, CSV or Parquet files", damage);
        }
        catch (UploadTooLargeException large)
        {
            throw new UploadRefusedException("the upload", "it is too large when unpacked", large.Message.TrimEnd('.'), large);
        }
    }

    /// <summary>The sizes of the blocks that are stored and not committed, by id.</summary>
    internal static async Task<Dictionary<string, long>> StagedAsync(BlockBlobClient raw, CancellationToken cancellation)
    {
        try
        {
            var list = await raw.GetBlockListAsync(BlockListTypes.Uncommitted, cancellationToken: cancellation);
            return list.Value.UncommittedBlocks.ToDictionary(block => block.Name, block => block.SizeLong);
        }
        catch (RequestFailedException missing) when (missing.Status == (int)HttpStatusCode.NotFound)
        {
            return [];
        }
    }

    /// <summary>The id of a block. All ids of a blob must have the same length.</summary>
    internal static string IdOf(int index) => Convert.ToBase64String(Encoding.ASCII.GetBytes($"{index:D6}"));
}
