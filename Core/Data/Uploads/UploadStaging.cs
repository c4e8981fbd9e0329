using Azure.Storage.Blobs;

namespace GanFunctions.Core.Data.Uploads;

/// <summary>Takes uploads in as they come, without looking into them.</summary>
/// <param name="container">Holds <c>datasets/</c>.</param>
/// <param name="options">Says how large an upload may be.</param>
public sealed class UploadStaging(BlobContainerClient container, DatasetOptions options)
{
    /// <summary>Writes an upload to Blob Storage; of one that is cut off, nothing stays.</summary>
    /// <param name="name">The data set's name.</param>
    /// <param name="write">Writes a zip archive to the stream it is given, and leaves that open.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>The upload's id: the folder it is in.</returns>
    /// <exception cref="UploadTooLargeException">More bytes came than an upload may have.</exception>
    public async Task<string> StageAsync(string name, Func<Stream, CancellationToken, Task> write, CancellationToken cancellation)
    {
        var upload = Guid.NewGuid().ToString("n");
        var blob = container.StagedBlob(name, upload);
        try
        {
            await using var stream = await blob.OpenWriteAsync(overwrite: true, cancellationToken: cancellation);
            await using var limited = new LimitedStream(stream, options.MaxUploadBytes);
            await write(limited, cancellation);
        }
        catch
        {
            await blob.DeleteIfExistsAsync(cancellationToken: CancellationToken.None);
            throw;
        }
        return upload;
    }
}

/// <summary>An upload is larger than is taken.</summary>
/// <param name="most">Bytes that are.</param>
public sealed class UploadTooLargeException(long most)
    : Exception($"The upload has more than {most} bytes, which is the most that is taken (setting Datasets:MaxUploadBytes).");
