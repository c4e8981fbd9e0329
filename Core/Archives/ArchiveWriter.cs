using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json;
using GanFunctions.Core.Storage;

namespace GanFunctions.Core.Archives;

/// <summary>Writes an archive file by file, to a stream that need be neither seekable nor synchronous, and hashes what it writes.</summary>
internal sealed class ArchiveWriter
{
    // The earliest time that the zip format can store. A fixed time keeps the bytes the same.
    private static readonly DateTimeOffset Epoch = new(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly AsyncOnlyStream _target;
    private readonly ZipArchive _zip;
    private readonly List<ArchivedFile> _files = [];

    private ArchiveWriter(AsyncOnlyStream target, ZipArchive zip) => (_target, _zip) = (target, zip);

    /// <summary>Starts an archive.</summary>
    /// <param name="target">Receives the archive; it is left open.</param>
    /// <param name="cancellation">Cancels the write.</param>
    public static async Task<ArchiveWriter> CreateAsync(Stream target, CancellationToken cancellation)
    {
        var stream = new AsyncOnlyStream(target);
        return new(stream, await ZipArchive.CreateAsync(stream, ZipArchiveMode.Create, leaveOpen: true, entryNameEncoding: null, cancellation));
    }

    /// <summary>Adds a file. It is stored without compression, because almost all of the content is random to a compressor.</summary>
    /// <param name="name">Its name in the archive.</param>
    /// <param name="content">Its content in parts; each is written before the next one is read.</param>
    /// <param name="cancellation">Cancels the write.</param>
    public async Task<ArchivedFile> AddAsync(string name, IAsyncEnumerable<ReadOnlyMemory<byte>> content, CancellationToken cancellation)
    {
        var file = await WriteAsync(name, content, cancellation);
        _files.Add(file);
        return file;
    }

    /// <summary>Adds a JSON document.</summary>
    public Task AddAsync<T>(string name, T document, CancellationToken cancellation) => AddAsync(name, PartsOf(document), cancellation);

    /// <summary>
    /// Adds the index and ends the archive. Without this call it has neither an index nor a directory, so that an interrupted export does not look complete.
    /// </summary>
    public async Task CompleteAsync(CancellationToken cancellation)
    {
        await WriteAsync(ArchiveNames.Index, PartsOf(new ArchiveIndex(_files)), cancellation);
        await _zip.DisposeAsync();
        await _target.FlushAsync(cancellation);
    }

    private async Task<ArchivedFile> WriteAsync(string name, IAsyncEnumerable<ReadOnlyMemory<byte>> content, CancellationToken cancellation)
    {
        var entry = _zip.CreateEntry(name, CompressionLevel.NoCompression);
        entry.LastWriteTime = Epoch;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var size = 0L;
        await using var stream = await entry.OpenAsync(cancellation);
        await foreach (var part in content.WithCancellation(cancellation))
        {
            hash.AppendData(part.Span);
            size += part.Length;
            await stream.WriteAsync(part, cancellation);
        }
        return new(name, size, Convert.ToHexStringLower(hash.GetCurrentHash()));
    }

    private static IAsyncEnumerable<ReadOnlyMemory<byte>> PartsOf<T>(T document) =>
        new ReadOnlyMemory<byte>[] { JsonSerializer.SerializeToUtf8Bytes(document, Json.Document) }.ToAsyncEnumerable();
}
