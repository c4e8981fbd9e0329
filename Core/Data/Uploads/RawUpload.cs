using System.IO.Pipelines;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;

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
    /// <exception cref="InvalidDataException">The block is empty.</exception>
    /// <exception cref="UploadTooLargeException">The block exceeds <see cref="DatasetOptions.MaxBlockBytes"/>.</exception>
    public Task StageBlockAsync(string name, string upload, int index, Stream body, CancellationToken cancellation) =>
        container.RawBlob(name, upload).StageBlockOfUploadAsync(index, body, options.MaxBlockBytes, cancellation);

    /// <summary>Completes an upload in blocks.</summary>
    /// <param name="name">The data set's name.</param>
    /// <param name="upload">The upload's id.</param>
    /// <param name="blocks">Number of blocks.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    /// <exception cref="InvalidDataException">Blocks are missing, or more blocks were sent.</exception>
    /// <exception cref="UploadTooLargeException">The blocks together exceed <see cref="DatasetOptions.MaxUploadBytes"/>.</exception>
    public Task CompleteAsync(string name, string upload, int blocks, CancellationToken cancellation) =>
        container.RawBlob(name, upload).CommitBlocksOfUploadAsync(blocks, options.MaxUploadBytes, cancellation);

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
}
