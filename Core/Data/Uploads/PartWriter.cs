using System.IO.Compression;
using System.Security.Cryptography;
using Azure.Storage.Blobs;

namespace GanFunctions.Core.Data.Uploads;

/// <summary>Writes one part of a data set as it comes, and hashes it: as <see cref="IdxArray"/> does for what is in memory.</summary>
internal sealed class PartWriter : IAsyncDisposable
{
    private readonly IdxPart _part;
    private readonly int[] _shape;
    private readonly Stream _blob;
    private readonly GZipStream _gzip;
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    private PartWriter(IdxPart part, int[] shape, Stream blob) =>
        (_part, _shape, _blob, _gzip) = (part, shape, blob, new GZipStream(blob, CompressionLevel.Fastest, leaveOpen: true));

    /// <summary>Begins a part: writes the header, which needs the count.</summary>
    public static async Task<PartWriter> BeginAsync(BlobClient blob, IdxPart part, int[] shape, CancellationToken cancellation)
    {
        var writer = new PartWriter(part, shape, await blob.OpenWriteAsync(overwrite: true, cancellationToken: cancellation));
        await writer.WriteAsync(IdxArray.HeaderOf(shape), cancellation);
        return writer;
    }

    /// <summary>Writes the next bytes.</summary>
    public async Task WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellation)
    {
        _hash.AppendData(bytes.Span);
        await _gzip.WriteAsync(bytes, cancellation);
    }

    /// <summary>Ends the part.</summary>
    public async Task<DatasetManifest.StoredPart> EndAsync()
    {
        await _gzip.DisposeAsync();
        await _blob.DisposeAsync();
        return new DatasetManifest.StoredPart(_part, _shape, Convert.ToHexStringLower(_hash.GetHashAndReset()));
    }

    public async ValueTask DisposeAsync()
    {
        await _gzip.DisposeAsync();
        await _blob.DisposeAsync();
        _hash.Dispose();
    }
}
