using System.IO.Pipelines;
using Azure.Storage;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;

namespace GanFunctions.Core.Data.Uploads;

/// <summary>Stores uploads in Blob Storage as zip archives, for later conversion.</summary>
/// <param name="container">The container with <c>datasets/</c>.</param>
/// <param name="options">The size limit of an upload.</param>
public sealed class UploadStaging(BlobContainerClient container, DatasetOptions options)
{
    private static readonly StorageTransferOptions Blocks = new() { MaximumConcurrency = 1, MaximumTransferSize = 4 << 20 };

    /// <summary>Writes an upload to Blob Storage. An interrupted upload leaves no blob.</summary>
    /// <param name="name">The data set's name.</param>
    /// <param name="write">Writes a zip archive to the given stream and leaves it open.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    /// <returns>The upload's id, which is also its folder name.</returns>
    /// <exception cref="UploadTooLargeException">The upload exceeds the size limit.</exception>
    public async Task<string> StageAsync(string name, Func<Stream, CancellationToken, Task> write, CancellationToken cancellation)
    {
        var upload = Guid.NewGuid().ToString("n");
        await WriteAsync(container.StagedBlob(name, upload), write, options.MaxUploadBytes, cancellation);
        return upload;
    }

    /// <summary>
    /// Writes a blob of limited size. It exists only when it is complete. Unlike a stream that the blob opens for writing, this commits without a
    /// condition, so that the commit can be repeated if its response is lost.
    /// </summary>
    /// <exception cref="UploadTooLargeException">The content exceeds the limit.</exception>
    internal static async Task WriteAsync(
        BlockBlobClient blob, Func<Stream, CancellationToken, Task> write, long maxBytes, CancellationToken cancellation)
    {
        var pipe = new Pipe();
        var upload = new BlobUploadOptions { TransferOptions = Blocks };
        await Task.WhenAll(ThenAsync(FillPipeAsync, pipe.Writer.CompleteAsync), ThenAsync(UploadPipeAsync, pipe.Reader.CompleteAsync));

        async Task FillPipeAsync()
        {
            await using var limited = new LimitedStream(pipe.Writer.AsStream(leaveOpen: true), maxBytes);
            await write(limited, cancellation);
        }

        Task UploadPipeAsync() => blob.UploadAsync(pipe.Reader.AsStream(leaveOpen: true), upload, cancellation);
    }

    /// <summary>Completes one end of a pipe after its work; a failure of the work ends the other as well.</summary>
    private static async Task ThenAsync(Func<Task> work, Func<Exception?, ValueTask> complete)
    {
        try
        {
            await work();
        }
        catch (Exception failure)
        {
            await complete(failure);
            throw;
        }
        await complete(null);
    }
}

/// <summary>An upload exceeds the size limit.</summary>
/// <param name="maxBytes">The maximum size in bytes.</param>
/// <param name="limit">The limit in <see cref="DatasetOptions"/>.</param>
public sealed class UploadTooLargeException(long maxBytes, string limit = nameof(DatasetOptions.MaxUploadBytes))
    : Exception($"The upload exceeds the maximum of {maxBytes} bytes (limit {limit}).");

/// <summary>Writes a limited number of bytes to another stream, which it leaves open.</summary>
internal sealed class LimitedStream(Stream inner, long maxBytes) : Stream
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

    /// <exception cref="UploadTooLargeException">The stream exceeds the limit.</exception>
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Count(buffer.Length);
        return inner.WriteAsync(buffer, cancellationToken);
    }

    /// <exception cref="UploadTooLargeException">The stream exceeds the limit.</exception>
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <exception cref="UploadTooLargeException">The stream exceeds the limit.</exception>
    public override void Write(byte[] buffer, int offset, int count)
    {
        Count(count);
        inner.Write(buffer, offset, count);
    }

    // Does nothing: the blob is written in blocks of a fixed size, and a flush would split it into many small ones.
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
        if (_written > maxBytes) throw new UploadTooLargeException(maxBytes);
    }
}

/// <summary>An upload cannot be converted to a data set. The message states the file, the problem and what is expected.</summary>
/// <param name="file">Name of the file or part, as the sender knows it.</param>
/// <param name="found">The problem, as a clause.</param>
/// <param name="expected">What is expected instead.</param>
/// <param name="inner">The exception that caused this one, if any.</param>
public sealed class UploadRefusedException(string file, string found, string expected, Exception? inner = null)
    : FormatException($"{file}: {found}. Expected {expected}.", inner);
