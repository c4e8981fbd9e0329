using System.Formats.Tar;
using System.IO.Compression;
using System.IO.Pipelines;
using System.Net.Mime;
using GanFunctions.Core.Data;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace GanFunctions.Functions.Datasets;

/// <summary>
/// The body of an upload, converted to a zip archive while it is read. The first bytes decide what it is; of the media type, only that of a form
/// matters, because clients often send none or a wrong one.
/// </summary>
internal static class UploadBody
{
    private const int TarHeader = 512, TarMagic = 257;
    private const int SymbolicLink = 0xA000 << 16; // external attributes of a zip entry, so that the conversion reports it

    private static readonly (byte[] Start, string Name)[] OtherFormats =
    [
        ("Rar!"u8.ToArray(), "a RAR archive"), ([0x37, 0x7a, 0xbc, 0xaf], "a 7z archive"), ([0xfd, 0x37, 0x7a, 0x58], "an xz file"),
        ("BZh"u8.ToArray(), "a bzip2 file"), ([0x28, 0xb5, 0x2f, 0xfd], "a Zstandard file"), ([0x89, (byte)'H', (byte)'D', (byte)'F'], "an HDF5 file"),
        ([0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'], "a NumPy file"), ("MATLAB"u8.ToArray(), "a MATLAB file"),
        ([0x89, (byte)'P', (byte)'N', (byte)'G'], "a single PNG picture"), ([0xff, 0xd8, 0xff], "a single JPEG picture"), ("GIF8"u8.ToArray(), "a single GIF picture"),
        ("RIFF"u8.ToArray(), "a single WebP picture or a video"), ("%PDF"u8.ToArray(), "a PDF file"), ("<!DO"u8.ToArray(), "an HTML page"), ("<htm"u8.ToArray(), "an HTML page"),
        ("version https://git-lfs"u8.ToArray(), "a Git LFS pointer, not the file itself"),
    ];

    /// <summary>A function that writes the body to a stream as a zip archive.</summary>
    /// <exception cref="InvalidDataException">(when writing) The body is empty, of an unsupported format or truncated.</exception>
    public static Func<Stream, CancellationToken, Task> Of(HttpRequest request) => TypeOf(request) == MediaTypeNames.Multipart.FormData
        ? (stream, cancellation) => PackFormAsync(request, stream, cancellation)
        : (stream, cancellation) => PackAsync(request.BodyReader, stream, cancellation);

    private static string? TypeOf(HttpRequest request) =>
        MediaTypeHeaderValue.TryParse(request.ContentType, out var type) ? type.MediaType.Value?.ToLowerInvariant() : null;

    private static async Task PackAsync(PipeReader body, Stream stream, CancellationToken cancellation, bool isUnzipped = false)
    {
        var start = await PeekAsync(body, cancellation);
        switch (start)
        {
            case []: throw new InvalidDataException("it is empty");
            case [(byte)'P', (byte)'K', 3, 4, ..]: await body.CopyToAsync(stream, cancellation); break;
            case [(byte)'P', (byte)'K', 5, 6, ..]: throw new InvalidDataException("it is an empty zip archive");
            case [0x1f, 0x8b, ..] when !isUnzipped:
                await using (var gzip = new GZipStream(body.AsStream(leaveOpen: true), CompressionMode.Decompress))
                {
                    await PackAsync(PipeReader.Create(gzip), stream, cancellation, isUnzipped: true);
                }
                break;
            case [0, 0, 8, 3 or 4, ..]: await PackSingleAsync(body, stream, IdxPart.TrainImages.FileName(), cancellation); break;
            case [(byte)'P', (byte)'A', (byte)'R', (byte)'1', ..]: await PackSingleAsync(body, stream, "train.parquet", cancellation); break;
            case var _ when start.AsSpan().Slice(Math.Min(TarMagic, start.Length)).StartsWith("ustar"u8): await PackTarAsync(body, stream, cancellation); break;
            case var _ when IsText(start) && Named(start) is null: await PackSingleAsync(body, stream, "train.csv", cancellation); break;
            default:
                throw new InvalidDataException(
                    $"it is {Named(start) ?? $"of an unknown format and begins with {Convert.ToHexStringLower(start.AsSpan(0, Math.Min(8, start.Length)))}"}; "
                    + "supported are zip, tar and tar.gz archives of pictures, IDX, CSV and Parquet files");
        }
    }

    private static string? Named(byte[] start) => OtherFormats.FirstOrDefault(format => start.AsSpan().StartsWith(format.Start)).Name;

    private static bool IsText(byte[] start) => start.Contains((byte)',') && Array.TrueForAll(start, each => each is >= 32 or (byte)'\t' or (byte)'\r' or (byte)'\n');

    private static async Task<byte[]> PeekAsync(PipeReader body, CancellationToken cancellation)
    {
        var read = await body.ReadAtLeastAsync(TarHeader, cancellation);
        var start = new byte[Math.Min(TarHeader, read.Buffer.Length)];
        var at = 0;
        foreach (var segment in read.Buffer.Slice(0, start.Length))
        {
            segment.Span.CopyTo(start.AsSpan(at));
            at += segment.Length;
        }
        body.AdvanceTo(read.Buffer.Start);
        return start;
    }

    private static async Task PackSingleAsync(PipeReader body, Stream stream, string name, CancellationToken cancellation)
    {
        await using var zip = await ZipArchive.CreateAsync(stream, ZipArchiveMode.Create, leaveOpen: true, entryNameEncoding: null, cancellation);
        await using var entry = await zip.CreateEntry(name, CompressionLevel.Fastest).OpenAsync(cancellation);
        await body.CopyToAsync(entry, cancellation);
    }

    private static async Task PackTarAsync(PipeReader body, Stream stream, CancellationToken cancellation)
    {
        await using var zip = await ZipArchive.CreateAsync(stream, ZipArchiveMode.Create, leaveOpen: true, entryNameEncoding: null, cancellation);
        await using var tar = new TarReader(body.AsStream());
        while (await tar.GetNextEntryAsync(copyData: false, cancellation) is { } file)
        {
            if (file.EntryType is TarEntryType.SymbolicLink or TarEntryType.HardLink) zip.CreateEntry(file.Name).ExternalAttributes = SymbolicLink;
            if (file.EntryType is not (TarEntryType.RegularFile or TarEntryType.V7RegularFile or TarEntryType.ContiguousFile)) continue;
            await using var entry = await zip.CreateEntry(file.Name, CompressionLevel.NoCompression).OpenAsync(cancellation);
            if (file.DataStream is { } content) await content.CopyToAsync(entry, cancellation);
        }
    }

    private static async Task PackFormAsync(HttpRequest request, Stream stream, CancellationToken cancellation)
    {
        var boundary = HeaderUtilities.RemoveQuotes(MediaTypeHeaderValue.Parse(request.ContentType).Boundary).Value;
        if (string.IsNullOrEmpty(boundary)) throw new InvalidDataException("its Content-Type names no boundary");
        var reader = new MultipartReader(boundary, request.Body);
        ZipArchive? zip = null;
        try
        {
            while (await reader.ReadNextSectionAsync(cancellation) is { } section)
            {
                if (section.GetContentDispositionHeader() is not { } header || !header.IsFileDisposition()) continue;
                var (name, body) = (NameOf(header), PipeReader.Create(section.Body));
                if (zip is null && !IsSingleFile(name, await PeekAsync(body, cancellation)))
                {
                    await PackAsync(body, stream, cancellation);
                    if (await reader.ReadNextSectionAsync(cancellation) is not null)
                        throw new InvalidDataException($"the form has other parts after the archive {name}; an archive is sent alone");
                    return;
                }
                zip ??= await ZipArchive.CreateAsync(stream, ZipArchiveMode.Create, leaveOpen: true, entryNameEncoding: null, cancellation);
                await using var entry = await zip.CreateEntry(name, CompressionLevel.NoCompression).OpenAsync(cancellation);
                await body.CopyToAsync(entry, cancellation);
            }
            if (zip is null) throw new InvalidDataException("the form has no file");
        }
        finally
        {
            if (zip is not null) await zip.DisposeAsync();
        }
    }

    // An archive, unless it is an IDX file compressed with gzip.
    private static bool IsSingleFile(string name, byte[] start) =>
        start is not ([(byte)'P', (byte)'K', 3, 4, ..] or [0x1f, 0x8b, ..]) && !start.AsSpan().Slice(Math.Min(TarMagic, start.Length)).StartsWith("ustar"u8)
        || (start is [0x1f, 0x8b, ..] && IdxParts.FromFileName(name) is not null);

    // curl -F images=@train-images-idx3-ubyte.gz: the name of the file is more specific than that of the field, if it is one of the usual names.
    private static string NameOf(ContentDispositionHeaderValue header)
    {
        var (file, field) = (Text(header.FileName), Text(header.Name));
        return IdxParts.FromFileName(file) is null && IdxParts.FromFileName(field) is not null ? field : file;
    }

    private static string Text(Microsoft.Extensions.Primitives.StringSegment value) => HeaderUtilities.RemoveQuotes(value).Value ?? "";
}
