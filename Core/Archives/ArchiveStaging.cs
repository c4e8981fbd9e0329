using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using GanFunctions.Core.Data.Uploads;

namespace GanFunctions.Core.Archives;

/// <summary>Archives in Blob Storage while they are received and imported. An archive is not seekable as it arrives, and too large for memory.</summary>
/// <param name="container">The container with <c>imports/</c>.</param>
/// <param name="options">The size limit.</param>
/// <param name="time">Tells which archives are left over.</param>
public sealed class ArchiveStaging(BlobContainerClient container, ArchiveOptions options, TimeProvider time)
{
    private const string Root = "imports/";
    private static readonly TimeSpan MaxAge = TimeSpan.FromDays(1); // of an archive whose import was interrupted

    /// <summary>Stores an archive.</summary>
    /// <param name="body">The archive.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    /// <returns>Its name.</returns>
    /// <exception cref="UploadTooLargeException">It exceeds <see cref="ArchiveOptions.MaxBytes"/>.</exception>
    public async Task<string> StageAsync(Stream body, CancellationToken cancellation)
    {
        var name = Guid.NewGuid().ToString("N");
        await UploadStaging.WriteAsync(Blob(name), (stream, token) => body.CopyToAsync(stream, token), options.MaxBytes, cancellation);
        return name;
    }

    /// <summary>Stores a block of an archive that is sent in several requests.</summary>
    /// <exception cref="InvalidDataException">It is empty.</exception>
    /// <exception cref="UploadTooLargeException">It exceeds <see cref="ArchiveOptions.MaxBlockBytes"/>.</exception>
    public Task StageBlockAsync(string run, string upload, int index, Stream body, CancellationToken cancellation) =>
        Blob(NameOf(run, upload)).StageBlockOfUploadAsync(index, body, ArchiveOptions.MaxBlockBytes, cancellation);

    /// <summary>Completes an archive that was sent in blocks.</summary>
    /// <returns>Its name.</returns>
    /// <exception cref="InvalidDataException">Blocks are missing, or more blocks were sent.</exception>
    /// <exception cref="UploadTooLargeException">The blocks together exceed <see cref="ArchiveOptions.MaxBytes"/>.</exception>
    public async Task<string> CompleteAsync(string run, string upload, int blocks, CancellationToken cancellation)
    {
        var name = NameOf(run, upload);
        await Blob(name).CommitBlocksOfUploadAsync(blocks, options.MaxBytes, cancellation);
        return name;
    }

    /// <summary>Opens an archive. The stream is seekable.</summary>
    public Task<Stream> OpenAsync(string name, CancellationToken cancellation) =>
        Blob(name).OpenReadAsync(new BlobOpenReadOptions(allowModifications: false), cancellation);

    /// <summary>Removes an archive, and what interrupted imports left over.</summary>
    public async Task RemoveAsync(string name)
    {
        await Blob(name).DeleteIfExistsAsync();
        var oldest = time.GetUtcNow() - MaxAge;
        await foreach (var blob in container.GetBlobsAsync(new GetBlobsOptions { Prefix = Root }, CancellationToken.None))
            if (blob.Properties.LastModified < oldest) await container.DeleteBlobIfExistsAsync(blob.Name);
    }

    private static string NameOf(string run, string upload) => $"{run}/{upload}";

    private BlockBlobClient Blob(string name) => container.GetBlockBlobClient(Root + name);
}
