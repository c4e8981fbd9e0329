using System.IO.Compression;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;

namespace GanFunctions.Core.Data.Uploads;

/// <summary>
/// The zip archive of an upload. It is read piece by piece directly from Blob Storage; nothing is unpacked to disk. Archives with a
/// malicious list of files are refused.
/// </summary>
internal sealed class StagedArchive : IDisposable
{
    // Files up to this size may have any compression ratio. Deflate expands a byte to at most 1032; picture files are already compressed,
    // and IDX files of drawings have a ratio of about 10.
    private const long SmallEntry = 1 << 20;

    private const int UnixTypeMask = 0xF000, UnixSymbolicLink = 0xA000;
    private readonly ZipArchive _zip;

    private StagedArchive(ZipArchive zip, IReadOnlyList<ZipArchiveEntry> files) => (_zip, Files) = (zip, files);

    /// <summary>All files in the order of the archive, except those that desktop operating systems add.</summary>
    public IReadOnlyList<ZipArchiveEntry> Files { get; }

    /// <summary>Whether the archive contains IDX files, according to their names.</summary>
    public bool IsIdx => Files.Any(file => IdxParts.FromFileName(file.Name) is not null);

    /// <summary>Opens and validates an archive.</summary>
    /// <exception cref="UploadRefusedException">The archive is damaged, too large or malicious.</exception>
    public static async Task<StagedArchive> OpenAsync(BlockBlobClient blob, DatasetOptions options, CancellationToken cancellation)
    {
        var stream = await blob.OpenReadAsync(new BlobOpenReadOptions(allowModifications: false), cancellation);
        try
        {
            await ZipDirectory.CheckAsync(stream, options.MaxEntries, cancellation);
            var zip = await ZipArchive.CreateAsync(stream, ZipArchiveMode.Read, leaveOpen: false, entryNameEncoding: null, cancellation);
            var all = zip.Entries;
            CheckEntries(all, stream.Length);
            List<ZipArchiveEntry> files = [.. all.Where(entry => !entry.FullName.EndsWith('/') && !IsJunk(entry))];
            foreach (var file in files) Check(file, options);
            return files.Count > 0
                ? new StagedArchive(zip, files)
                : throw new UploadRefusedException("the zip", "it contains no files", "pictures or IDX files");
        }
        catch (InvalidDataException damage)
        {
            await stream.DisposeAsync();
            throw new UploadRefusedException("the zip", $"it is damaged ({damage.Message.TrimEnd('.')})", "a complete zip archive", damage);
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }

    /// <summary>Unpacks a file. Data beyond the declared size is not read.</summary>
    /// <exception cref="InvalidDataException">The file cannot be unpacked.</exception>
    public static async Task<byte[]> ReadAsync(ZipArchiveEntry file, CancellationToken cancellation)
    {
        await using var stream = await file.OpenAsync(cancellation);
        var bytes = new byte[file.Length];
        var read = await stream.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellation);
        if (read < bytes.Length) throw new InvalidDataException($"it unpacks to {read} bytes instead of the declared {bytes.Length}");
        return bytes;
    }

    public void Dispose() => _zip.Dispose();

    private static void CheckEntries(IReadOnlyCollection<ZipArchiveEntry> entries, long archiveBytes)
    {
        HashSet<string> names = new(entries.Count, StringComparer.Ordinal);
        long packed = 0;
        foreach (var entry in entries)
        {
            CheckName(entry);
            packed += entry.CompressedLength;
            if (!names.Add(entry.FullName))
                throw new UploadRefusedException(entry.FullName, "the archive contains it twice", "unique names");
        }
        if (packed > archiveBytes)
        {
            throw new UploadRefusedException(
                "the zip", $"its files declare {packed} compressed bytes in an archive of {archiveBytes}", "files that do not overlap");
        }
    }

    private static void CheckName(ZipArchiveEntry entry)
    {
        var name = entry.FullName;
        if (name.Length == 0 || name.StartsWith('/') || name.AsSpan().ContainsAny('\\', ':', '\0') || name.Split('/').Contains(".."))
            throw new UploadRefusedException(name, "its path is not a relative path in the archive", "a file name, with or without folders");
        if (((entry.ExternalAttributes >> 16) & UnixTypeMask) == UnixSymbolicLink)
            throw new UploadRefusedException(name, "it is a symbolic link", "a regular file");
    }

    private static void Check(ZipArchiveEntry file, DatasetOptions options)
    {
        var name = file.FullName;
        if (file.IsEncrypted) throw new UploadRefusedException(name, "it is encrypted", "a file without a password");
        if (file.Length > options.MaxFileBytes)
        {
            throw new UploadRefusedException(name, $"it unpacks to {file.Length} bytes",
                $"at most {options.MaxFileBytes} (limit MaxFileBytes)");
        }

        if (file.Length > SmallEntry && file.Length > options.MaxCompressionRatio * file.CompressedLength)
        {
            throw new UploadRefusedException(
                name, $"it unpacks {file.CompressedLength} bytes to {file.Length}",
                $"a ratio of at most {options.MaxCompressionRatio} (limit MaxCompressionRatio)");
        }
    }

    private static bool IsJunk(ZipArchiveEntry entry) =>
        entry.FullName.StartsWith("__MACOSX/", StringComparison.Ordinal)
        || entry.Name.StartsWith("._", StringComparison.Ordinal)
        || entry.Name is ".DS_Store" or "Thumbs.db" or "desktop.ini";
}
