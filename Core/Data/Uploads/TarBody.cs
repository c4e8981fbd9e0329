namespace GanFunctions.Core.Data.Uploads;

/// <summary>
/// A tar archive whose headers are limited in size. <see cref="System.Formats.Tar.TarReader"/> keeps a header in memory, which may hold a name or attributes
/// of any length: ten megabytes of a tar.gz archive can unpack to a header of a gigabyte.
/// </summary>
/// <param name="inner">The archive.</param>
internal sealed class TarBody(Stream inner) : Stream
{
    private const int MaxHeaderBytes = 1 << 20;
    private int _header; // bytes of the current header

    /// <summary>Whether what is read next belongs to a header. Everything after a file does, until the next one begins.</summary>
    public bool IsInHeader
    {
        get;
        set => (field, _header) = (value, 0);
    } = true;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <exception cref="InvalidDataException">The header is too large.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (!IsInHeader) return await inner.ReadAsync(buffer, cancellationToken);
        var read = await inner.ReadAsync(buffer[..Math.Min(buffer.Length, MaxHeaderBytes)], cancellationToken);
        _header += read;
        return _header <= MaxHeaderBytes ? read : throw new InvalidDataException($"a header has more than {MaxHeaderBytes} bytes");
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush() => throw new NotSupportedException();
}
