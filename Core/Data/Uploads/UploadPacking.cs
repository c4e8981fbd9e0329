using System.Formats.Tar;
using System.IO.Compression;
using System.IO.Pipelines;
using GanFunctions.Core.Pictures;

namespace GanFunctions.Core.Data.Uploads;

/// <summary>Packs an upload as a zip archive while it is read. The first bytes determine its format.</summary>
public static class UploadPacking
{
    private const int TarHeader = 512, TarMagic = 257;
    private const int SymbolicLink = 0xA000 << 16; // external attributes of a zip entry, so that the conversion reports it

    /// <summary>Writes an upload to a stream as a zip archive.</summary>
    /// <param name="body">A zip, tar or tar.gz archive, or a single IDX, CSV or Parquet file.</param>
    /// <param name="stream">Where to write; left open.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    /// <exception cref="InvalidDataException">The upload is empty, of an unsupported format or truncated. The message starts with "it".</exception>
    public static Task PackAsync(PipeReader body, Stream stream, CancellationToken cancellation) => PackAsync(body, stream, isUnzipped: false, cancellation);

    /// <summary>Whether a file is an archive, and not a single file of a data set.</summary>
    /// <param name="name">Its name. A file with the name of an IDX file is compressed on its own.</param>
    /// <param name="body">Its content, of which nothing is consumed.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    public static async Task<bool> IsArchiveAsync(string name, PipeReader body, CancellationToken cancellation) => await PeekAsync(body, cancellation) switch
    {
        [(byte)'P', (byte)'K', 3, 4, ..] => true,
        [0x1f, 0x8b, ..] => IdxParts.FromFileName(name) is null,
        var start => IsTar(start),
    };

    private static async Task PackAsync(PipeReader body, Stream stream, bool isUnzipped, CancellationToken cancellation)
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
                    await PackAsync(PipeReader.Create(gzip), stream, isUnzipped: true, cancellation);
                }
                break;
            case [0, 0, 8, 3 or 4, ..]: await PackSingleAsync(body, stream, IdxPart.TrainImages.FileName(), cancellation); break;
            case [(byte)'P', (byte)'A', (byte)'R', (byte)'1', ..]: await PackSingleAsync(body, stream, "train.parquet", cancellation); break;
            case var _ when IsTar(start): await PackTarAsync(body, stream, cancellation); break;
            case var _ when IsText(start) && FileFormats.NameOf(start) is null: await PackSingleAsync(body, stream, "train.csv", cancellation); break;
            default:
                throw new InvalidDataException(
                    $"it is {FileFormats.NameOf(start) ?? $"of an unknown format and starts with {FileFormats.Start(start)}"}; "
                    + "only zip, tar and tar.gz archives and single IDX, CSV and Parquet files are supported");
        }
    }

    private static bool IsText(byte[] start) => start.Contains((byte)',')
        && Array.TrueForAll(start, each => each is >= 32 or (byte)'\t' or (byte)'\r' or (byte)'\n');

    /// <summary>The first 512 bytes, or fewer at the end. Nothing is consumed.</summary>
    public static async Task<byte[]> PeekAsync(PipeReader body, CancellationToken cancellation)
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
        await using var sent = new TarBody(body.AsStream());
        await using var tar = new TarReader(sent);
        try
        {
            while (await tar.GetNextEntryAsync(copyData: false, cancellation) is { } file)
            {
                sent.IsInHeader = false;
                if (file.EntryType is TarEntryType.SymbolicLink or TarEntryType.HardLink) zip.CreateEntry(file.Name).ExternalAttributes = SymbolicLink;
                var isFile = file.EntryType is TarEntryType.RegularFile or TarEntryType.V7RegularFile or TarEntryType.ContiguousFile;
                await using var entry = isFile ? await zip.CreateEntry(file.Name, CompressionLevel.NoCompression).OpenAsync(cancellation) : Stream.Null;
                if (file.DataStream is { } content) await content.CopyToAsync(entry, cancellation);
                sent.IsInHeader = true;
            }
        }
        catch (Exception damage) when (ArchiveDamage.Explains(damage)) // such as a name that is empty
        {
            throw new InvalidDataException($"it is a damaged tar archive ({damage.Message.TrimEnd('.')})", damage);
        }
    }

    private static bool IsTar(byte[] start) => start.AsSpan()[Math.Min(TarMagic, start.Length)..].StartsWith("ustar"u8);
}
