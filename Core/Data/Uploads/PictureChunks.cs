using System.IO.Compression;
using System.Security.Cryptography;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using GanFunctions.Core.Pictures;

namespace GanFunctions.Core.Data.Uploads;

/// <summary>
/// The pictures of an upload while it is converted, some hundred files of the archive to a blob: first two bytes for each file, then the
/// pixels of those that are pictures. The same files give the same bytes, whoever writes them, and however often.
/// </summary>
internal sealed class PictureChunks(BlobContainerClient container, Conversion conversion, PictureShape shape)
{
    /// <summary>Files to a blob. More, and those of the largest kind would take longer than a function may.</summary>
    public const int Size = 256;

    private const int MarksSize = 2 * Size;
    private const byte Train = 1, Test = 2; // 0 is no picture

    /// <summary>Writes one blob.</summary>
    /// <param name="first">Number of its first file.</param>
    /// <param name="places">Where each file belongs; at most <see cref="Size"/>.</param>
    /// <param name="pictures">Its pixels, null for one that is no picture.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task WriteAsync(int first, IReadOnlyList<PicturePlace> places, IReadOnlyList<byte[]?> pictures, CancellationToken cancellation)
    {
        using var content = new MemoryStream(MarksSize + pictures.Count * shape.Size);
        var marks = new byte[MarksSize];
        foreach (var (index, place) in places.Index())
            if (pictures[index] is not null) (marks[2 * index], marks[2 * index + 1]) = (place.IsTest ? Test : Train, place.Label);
        content.Write(marks);
        foreach (var picture in pictures.OfType<byte[]>()) content.Write(picture);
        content.Position = 0;
        await container.ChunkBlob(conversion.Name, conversion.Upload, first).UploadAsync(content, cancellationToken: cancellation);
    }

    /// <summary>Where the pictures of all blobs belong, in order.</summary>
    public async Task<List<PicturePlace>> PlacesAsync(int files, CancellationToken cancellation)
    {
        List<PicturePlace> places = [];
        for (var first = 0; first < files; first += Size)
        {
            var head = await container.ChunkBlob(conversion.Name, conversion.Upload, first).DownloadContentAsync(
                new BlobDownloadOptions { Range = new HttpRange(0, MarksSize) }, cancellation);
            places.AddRange(head.Value.Content.ToArray().Chunk(2).Where(mark => mark[0] != 0).Select(mark => new PicturePlace(mark[0] == Test, mark[1])));
        }
        return places;
    }

    /// <summary>The pixels of all blobs, in the same order. A buffer is valid until the next is asked for.</summary>
    public async IAsyncEnumerable<ReadOnlyMemory<byte>> PicturesAsync(
        int files, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        var picture = new byte[shape.Size];
        for (var first = 0; first < files; first += Size)
        {
            await using var stream = await container.ChunkBlob(conversion.Name, conversion.Upload, first).OpenReadAsync(
                new BlobOpenReadOptions(allowModifications: true) { Position = MarksSize }, cancellation); // a worker that is late writes the same again
            while (await stream.ReadAtLeastAsync(picture, picture.Length, throwOnEndOfStream: false, cancellation) == picture.Length) yield return picture;
        }
    }
}

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
