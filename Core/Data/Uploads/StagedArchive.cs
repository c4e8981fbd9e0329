using System.IO.Hashing;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using SharpCompress.Archives;
using SharpCompress.Archives.Zip;
using SharpCompress.Common;
using SharpCompress.Readers;

namespace GanFunctions.Core.Data.Uploads;

/// <summary>A file in an archive.</summary>
/// <param name="Path">Its relative path, with slashes.</param>
/// <param name="Size">Its unpacked size in bytes, as declared.</param>
/// <param name="OpenAsync">Opens the unpacked content, which may differ from the declared size.</param>
/// <param name="Crc">The CRC-32 of the content, as declared.</param>
internal sealed record ArchiveFile(string Path, long Size, Func<CancellationToken, ValueTask<Stream>> OpenAsync, long Crc)
{
    /// <summary>Unpacks the file and verifies its checksum. Data beyond the declared size is not read.</summary>
    /// <exception cref="InvalidDataException">The file cannot be unpacked, or is damaged.</exception>
    public async Task<byte[]> ReadAsync(CancellationToken cancellation)
    {
        var bytes = new byte[Size];
        try
        {
            await using var stream = await OpenAsync(cancellation);
            var read = await stream.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellation);
            if (read < bytes.Length) throw new InvalidDataException($"it unpacks to {read} bytes instead of the declared {bytes.Length}");
        }
        catch (Exception damage) when (ArchiveDamage.Explains(damage) && damage is not InvalidDataException)
        {
            throw new InvalidDataException($"it cannot be unpacked ({damage.Message.TrimEnd('.')})", damage);
        }
        if (Crc32.HashToUInt32(bytes) != (uint)Crc) throw new InvalidDataException("it is damaged: its content does not match its checksum (CRC-32)");
        return bytes;
    }

    /// <summary>The first bytes of the content, unverified; fewer if the file is shorter or cannot be unpacked.</summary>
    public async Task<byte[]> PeekAsync(int count, CancellationToken cancellation)
    {
        try
        {
            await using var stream = await OpenAsync(cancellation);
            var bytes = new byte[Math.Min(count, Size)];
            return bytes[..await stream.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellation)];
        }
        catch (Exception damage) when (ArchiveDamage.Explains(damage))
        {
            return [];
        }
    }
}

/// <summary>Tells damage of an archive from failures of the storage that it is read from.</summary>
internal static class ArchiveDamage
{
    /// <summary>
    /// Whether the archive is the reason for an exception. SharpCompress does not check all that it reads, so a damaged number can become an index or a
    /// length that is out of range.
    /// </summary>
    public static bool Explains(Exception failure) => failure is SharpCompressException or InvalidDataException or EndOfStreamException
        or NotSupportedException or IndexOutOfRangeException or ArgumentException or ArithmeticException or InvalidOperationException or NullReferenceException;
}

/// <summary>
/// The zip archive of an upload. It is read piece by piece directly from Blob Storage; nothing is unpacked to disk. Files that cannot be used
/// are skipped; archives with a malicious list of files are refused.
/// </summary>
internal sealed class StagedArchive : IAsyncDisposable
{
    private const int UnixTypeMask = 0xF000, UnixSymbolicLink = 0xA000;
    private readonly IAsyncArchive _zip;

    private StagedArchive(IAsyncArchive zip, List<ArchiveFile> files, List<FileProblem> problems) => (_zip, Files, Problems) = (zip, files, problems);

    /// <summary>All usable files in the order of the archive, except hidden ones and those that operating systems add.</summary>
    public IReadOnlyList<ArchiveFile> Files { get; }

    /// <summary>The files that were skipped.</summary>
    public IReadOnlyList<FileProblem> Problems { get; }

    /// <summary>Opens and validates an archive.</summary>
    /// <exception cref="UploadRefusedException">The archive is damaged, too large or malicious, or has no usable file.</exception>
    public static async Task<StagedArchive> OpenAsync(BlockBlobClient blob, DatasetOptions options, CancellationToken cancellation)
    {
        var stream = await blob.OpenReadAsync(new BlobOpenReadOptions(allowModifications: false), cancellation);
        try
        {
            await ZipDirectory.CheckAsync(stream, options.MaxEntries, cancellation);
            stream.Position = 0;
            var zip = await ZipArchive.OpenAsyncArchive(stream, new ReaderOptions { ArchiveEncoding = ArchivePaths.Reading, LeaveStreamOpen = false },
                cancellation);
            List<IArchiveEntry> entries = [];
            await foreach (var entry in zip.EntriesAsync.WithCancellation(cancellation)) entries.Add(entry);
            CheckSizes(entries, stream.Length, options);
            var (files, problems) = Sort(entries, options);
            if (files.Count > 0) return new StagedArchive(zip, files, problems);
            throw problems.Count == 0
                ? new UploadRefusedException("the upload", "it contains no files", "pictures or IDX files")
                : new UploadRefusedException(problems[0].File, problems[0].Problem, "a readable file with pictures");
        }
        catch (Exception damage) when (ArchiveDamage.Explains(damage))
        {
            await stream.DisposeAsync();
            throw new UploadRefusedException("the upload", $"it is damaged ({damage.Message.TrimEnd('.')})", "a complete zip archive", damage);
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }

    public ValueTask DisposeAsync() => _zip.DisposeAsync();

    private static void CheckSizes(List<IArchiveEntry> entries, long archiveBytes, DatasetOptions options)
    {
        var (packed, unpacked) = (entries.Sum(entry => (decimal)entry.CompressedSize), entries.Sum(entry => (decimal)entry.Size));
        if (packed > archiveBytes)
        {
            throw new UploadRefusedException(
                "the upload", $"its files declare {packed} compressed bytes in an archive of {archiveBytes}", "files that do not overlap");
        }
        if (unpacked > options.MaxUnpackedBytes)
        {
            throw new UploadRefusedException(
                "the upload", $"it unpacks to {unpacked} bytes", $"at most {options.MaxUnpackedBytes} (limit MaxUnpackedBytes)");
        }
    }

    private static (List<ArchiveFile> Files, List<FileProblem> Problems) Sort(List<IArchiveEntry> entries, DatasetOptions options)
    {
        var (files, problems) = (new List<ArchiveFile>(), new List<FileProblem>());
        HashSet<string> paths = new(StringComparer.Ordinal);
        var names = ArchivePaths.Decode([.. entries.Select(entry => entry.Key ?? "")]);
        foreach (var (name, entry) in names.Zip(entries))
        {
            var path = ArchivePaths.Normalize(name);
            if (entry.IsDirectory || name.EndsWith('\\') || (path is not null && ArchivePaths.IsJunk(path))) continue;
            if (path is null) problems.Add(new(name, "its path points outside the archive"));
            else if (ProblemWith(entry, options) is { } problem) problems.Add(new(path, problem));
            else if (!paths.Add(path)) problems.Add(new(path, "the archive contains this path twice; the first file is used"));
            else files.Add(new(path, entry.Size, async cancellation => await entry.OpenEntryStreamAsync(cancellation), entry.Crc));
        }
        return (files, problems);
    }

    private static string? ProblemWith(IArchiveEntry entry, DatasetOptions options)
    {
        if ((((entry.Attrib ?? 0) >> 16) & UnixTypeMask) == UnixSymbolicLink) return "it is a symbolic link";
        if (entry.IsEncrypted) return "it is encrypted";
        return entry.Size > options.MaxFileBytes ? $"it unpacks to {entry.Size} bytes; the maximum is {options.MaxFileBytes} (limit MaxFileBytes)" : null;
    }
}
