using GanFunctions.Cli.Api;

namespace GanFunctions.Cli.Training;

/// <summary>
/// Uploads what is written to it in blocks, so that a large archive takes many short requests: Azure ends a request after 230 seconds and limits its size.
/// </summary>
/// <param name="api">The app.</param>
/// <param name="path">Path of the upload, to which the number of a block is appended.</param>
internal sealed class BlockUpload(AppClient api, string path) : Stream
{
    /// <summary>The largest archive that is uploaded in one request, in bytes.</summary>
    public const long MaxWhole = 64 << 20;

    private const int BlockSize = 16 << 20; // sent in 230 s at 0.6 Mbit/s
    private const int MaxAttempts = 4;

    private readonly byte[] _block = new byte[BlockSize];
    private int _filled;

    /// <summary>Number of blocks sent so far.</summary>
    public int Blocks { get; private set; }

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Sends what is left.</summary>
    public async Task CompleteAsync(CancellationToken cancellation)
    {
        if (_filled > 0) await SendAsync(cancellation);
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (buffer.Length > 0)
        {
            var part = Math.Min(buffer.Length, BlockSize - _filled);
            buffer[..part].CopyTo(_block.AsMemory(_filled));
            (_filled, buffer) = (_filled + part, buffer[part..]);
            if (_filled == BlockSize) await SendAsync(cancellationToken);
        }
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("It is written asynchronously.");

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    private async Task SendAsync(CancellationToken cancellation)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                using var content = new ByteArrayContent(_block, 0, _filled);
                await api.UploadAsync($"{path}/{Blocks}", content, cancellation);
                break;
            }
            catch (UnreachableException) when (attempt < MaxAttempts)
            {
                await Task.Delay(TimeSpan.FromSeconds(attempt), cancellation);
            }
        }
        (Blocks, _filled) = (Blocks + 1, 0);
    }
}
