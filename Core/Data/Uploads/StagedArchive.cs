using System.IO.Compression;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;

namespace GanFunctions.Core.Data.Uploads;

/// <summary>
/// The zip archive of an upload, read where it lies in Blob Storage and never whole. What is hostile in its list of files refuses it;
/// nothing is unpacked to disk.
/// </summary>
internal sealed class StagedArchive : IDisposable
{
    // Deflate makes 1032 bytes of one at best; pictures are compressed already, and IDX files of drawings come to about 10.
    private const long SmallEntry = 1 << 20;
    private const int UnixTypeMask = 0xF000, UnixSymbolicLink = 0xA000;
    private readonly ZipArchive _zip;

    private StagedArchive(ZipArchive zip, IReadOnlyList<ZipArchiveEntry> files) => (_zip, Files) = (zip, files);

    /// <summary>All files but what the systems of desks add, in the archive's order.</summary>
    public IReadOnlyList<ZipArchiveEntry> Files { get; }

    /// <summary>Whether its files have the names of IDX files.</summary>
    public bool IsIdx => Files.Any(file => IdxParts.FromFileName(file.Name) is not null);

    /// <exception cref="UploadRefusedException">The archive is damaged, too large, or hostile.</exception>
    public static async Task<StagedArchive> OpenAsync(BlockBlobClient blob, DatasetOptions options, CancellationToken cancellation)
    {
        var stream = await blob.OpenReadAsync(new BlobOpenReadOptions(allowModifications: false), cancellation);
        try
        {
            await ZipDirectory.CheckAsync(stream, options.MaxEntries, cancellation);
            var zip = await ZipArchive.CreateAsync(stream, ZipArchiveMode.Read, leaveOpen: false, entryNameEncoding: null, cancellation);
            var all = zip.Entries;
            CheckTogether(all, stream.Length);
            List<ZipArchiveEntry> files = [.. all.Where(entry => !entry.FullName.EndsWith('/') && !IsJunk(entry))];
            foreach (var file in files) Check(file, options);
            return files.Count > 0 ? new StagedArchive(zip, files) : throw new UploadRefusedException("the zip", "there is no file in it", "pictures, or IDX files");
        }
        catch (InvalidDataException damage)
        {
            await stream.DisposeAsync();
            throw new UploadRefusedException("the zip", $"it is damaged ({damage.Message.TrimEnd('.')})", "a whole zip archive", damage);
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }

    /// <summary>Unpacks a file, which holds no more than it claims.</summary>
    /// <exception cref="InvalidDataException">It cannot be unpacked.</exception>
    public static async Task<byte[]> ReadAsync(ZipArchiveEntry file, CancellationToken cancellation)
    {
        await using var stream = await file.OpenAsync(cancellation);
        var bytes = new byte[file.Length];
        var read = await stream.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellation);
        if (read < bytes.Length) throw new InvalidDataException($"it unpacks to {read} bytes and claims {bytes.Length}");
        return bytes;
    }

    public void Dispose() => _zip.Dispose();

    private static void CheckTogether(IReadOnlyCollection<ZipArchiveEntry> entries, long archiveBytes)
    {
        HashSet<string> names = new(entries.Count, StringComparer.Ordinal);
        long packed = 0;
        foreach (var entry in entries)
        {
            CheckName(entry);
            packed += entry.CompressedLength;
            if (!names.Add(entry.FullName)) throw new UploadRefusedException(entry.FullName, "it is in the archive twice", "one file of a name");
        }
        if (packed > archiveBytes)
            throw new UploadRefusedException("the zip", $"its files claim {packed} bytes of an archive that has {archiveBytes}", "files that do not overlap");
    }

    private static void CheckName(ZipArchiveEntry entry)
    {
        var name = entry.FullName;
        if (name.Length == 0 || name.StartsWith('/') || name.AsSpan().ContainsAny('\\', ':', '\0') || name.Split('/').Contains(".."))
            throw new UploadRefusedException(name, "its path leads out of the archive", "a plain name, or folders and a name");
        if (((entry.ExternalAttributes >> 16) & UnixTypeMask) == UnixSymbolicLink)
            throw new UploadRefusedException(name, "it is a symbolic link", "a file");
    }

    private static void Check(ZipArchiveEntry file, DatasetOptions options)
    {
        var name = file.FullName;
        if (file.IsEncrypted) throw new UploadRefusedException(name, "it is encrypted", "a file without a password");
        if (file.Length > options.MaxFileBytes)
            throw new UploadRefusedException(name, $"it unpacks to {file.Length} bytes", $"at most {options.MaxFileBytes} (limit MaxFileBytes)");
        if (file.Length > SmallEntry && file.Length > options.MaxCompressionRatio * file.CompressedLength)
        {
            throw new UploadRefusedException(
                name, $"it claims {file.Length} bytes out of {file.CompressedLength}",
                $"at most {options.MaxCompressionRatio} for each (limit MaxCompressionRatio)");
        }
    }

    private static bool IsJunk(ZipArchiveEntry entry) =>
        entry.FullName.StartsWith("__MACOSX/", StringComparison.Ordinal)
        || entry.Name.StartsWith("._", StringComparison.Ordinal)
        || entry.Name is ".DS_Store" or "Thumbs.db" or "desktop.ini";
}
