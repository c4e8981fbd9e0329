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
    : Exception($"The upload has more than {most} bytes, the maximum (limit MaxUploadBytes).");

/// <summary>Writes through to another stream, which it leaves open, so many bytes and no more.</summary>
internal sealed class LimitedStream(Stream inner, long most) : Stream
{
    private long _written;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => _written;
        set => throw new NotSupportedException();
    }

    /// <exception cref="UploadTooLargeException">It is too much.</exception>
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Count(buffer.Length);
        return inner.WriteAsync(buffer, cancellationToken);
    }

    /// <exception cref="UploadTooLargeException">It is too much.</exception>
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <exception cref="UploadTooLargeException">It is too much.</exception>
    public override void Write(byte[] buffer, int offset, int count)
    {
        Count(count);
        inner.Write(buffer, offset, count);
    }

    // What is written goes out in blocks when there is enough of it; a flush in between would make a blob of many small ones.
    public override void Flush()
    {
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    private void Count(int bytes)
    {
        _written += bytes;
        if (_written > most) throw new UploadTooLargeException(most);
    }
}

/// <summary>An upload cannot become a data set. The message names what was found and what is valid.</summary>
/// <param name="file">The file or the part, as its sender knows it.</param>
/// <param name="found">What is wrong with it.</param>
/// <param name="valid">What is valid instead.</param>
/// <param name="inner">What was thrown below, if anything was.</param>
public sealed class UploadRefusedException(string file, string found, string valid, Exception? inner = null)
    : FormatException($"{file}: {found}. Valid is {valid}.", inner);
