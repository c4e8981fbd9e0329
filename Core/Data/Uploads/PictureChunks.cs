using System.IO.Compression;
using System.Security.Cryptography;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using GanFunctions.Core.Pictures;

namespace GanFunctions.Core.Data.Uploads;

/// <summary>
/// Intermediate results of a conversion. Each blob covers a few hundred files of the archive: first two bytes per file, then the pixels of
/// the files that are pictures. The same files always give the same bytes, so several workers may write the same blob.
/// </summary>
internal sealed class PictureChunks(BlobContainerClient container, Conversion conversion, PictureShape shape)
{
    /// <summary>Files per blob. With more of them, files of the maximum size would exceed the time limit of a function.</summary>
    public const int Size = 256;

    private const int MarksSize = 2 * Size;
    private const byte Train = 1, Test = 2; // 0: not a picture

    /// <summary>Writes one blob.</summary>
    /// <param name="first">Index of the first file.</param>
    /// <param name="places">Split and class of each file; at most <see cref="Size"/> files.</param>
    /// <param name="pictures">Pixels of each file; null for a file that is not a picture.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    public async Task WriteAsync(
        int first, IReadOnlyList<PicturePlace> places, IReadOnlyList<byte[]?> pictures, CancellationToken cancellation)
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

    /// <summary>Split and class of all pictures, in order.</summary>
    public async Task<List<PicturePlace>> PlacesAsync(int files, CancellationToken cancellation)
    {
        List<PicturePlace> places = [];
        for (var first = 0; first < files; first += Size)
        {
            var head = await container.ChunkBlob(conversion.Name, conversion.Upload, first).DownloadContentAsync(
                new BlobDownloadOptions { Range = new HttpRange(0, MarksSize) }, cancellation);
            var marks = head.Value.Content.ToArray().Chunk(2);
            places.AddRange(marks.Where(mark => mark[0] != 0).Select(mark => new PicturePlace(mark[0] == Test, mark[1])));
        }
        return places;
    }

    /// <summary>The pixels of all pictures, in the same order. Each buffer is valid until the next one is requested.</summary>
    public async IAsyncEnumerable<ReadOnlyMemory<byte>> PicturesAsync(
        int files, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        var picture = new byte[shape.Size];
        for (var first = 0; first < files; first += Size)
        {
            await using var stream = await container.ChunkBlob(conversion.Name, conversion.Upload, first).OpenReadAsync(
                // Modifications are allowed, because a late worker may rewrite the blob with the same content.
                new BlobOpenReadOptions(allowModifications: true) { Position = MarksSize }, cancellation);
            while (await stream.ReadAtLeastAsync(picture, picture.Length, throwOnEndOfStream: false, cancellation) == picture.Length)
                yield return picture;
        }
    }
}

/// <summary>Writes and hashes a part of a data set as a stream; <see cref="IdxArray"/> does the same from memory.</summary>
internal sealed class PartWriter : IAsyncDisposable
{
    private readonly IdxPart _part;
    private readonly int[] _shape;
    private readonly Stream _blob;
    private readonly GZipStream _gzip;
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    private PartWriter(IdxPart part, int[] shape, Stream blob) =>
        (_part, _shape, _blob, _gzip) = (part, shape, blob, new GZipStream(blob, CompressionLevel.Fastest, leaveOpen: true));

    /// <summary>Starts a part with its header, which contains the number of pictures.</summary>
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

    /// <summary>Completes the part.</summary>
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
