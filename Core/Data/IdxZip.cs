using System.IO.Compression;

namespace GanFunctions.Core.Data;

/// <summary>Finds the IDX files in a zip archive. Nothing is ever unpacked to disk.</summary>
internal static class IdxZip
{
    // Deflate cannot do better than 1032; an entry that claims more lies about its size.
    private const long MostGrowth = 1032;

    /// <summary>Opens an archive of up to four IDX files, at its root or in a folder; what macOS adds is passed over.</summary>
    /// <exception cref="IdxFormatException">The archive is damaged, too large, or holds something else.</exception>
    public static async Task<IdxUpload> OpenAsync(Stream zip, long maxBytes, CancellationToken cancellation)
    {
        var sent = await BoundedRead.AllAsync(zip, maxBytes, cancellation: cancellation).ConfigureAwait(false)
            ?? throw new IdxFormatException("the zip", $"it is larger than {maxBytes} bytes", "a smaller archive");
        try
        {
            // Not disposed: its entries are read later, and it holds nothing but memory.
            var archive = new ZipArchive(sent, ZipArchiveMode.Read);
            return IdxUpload.FromFiles([.. archive.Entries.Where(IsFile).Select(entry => Check(entry, maxBytes))]);
        }
        catch (InvalidDataException damage)
        {
            throw new IdxFormatException(
                "the zip", $"it is damaged ({damage.Message.TrimEnd('.')})", "a whole zip archive of IDX files", damage);
        }
    }

    private static bool IsFile(ZipArchiveEntry entry) =>
        !entry.FullName.EndsWith('/')
        && !entry.FullName.StartsWith("__MACOSX/", StringComparison.Ordinal)
        && !entry.Name.Equals(".DS_Store", StringComparison.Ordinal);

    private static IdxUpload.File Check(ZipArchiveEntry entry, long maxBytes)
    {
        var name = entry.FullName;
        if (name.StartsWith('/') || name.AsSpan().ContainsAny('\\', ':') || name.Split('/').Contains(".."))
            throw new IdxFormatException(name, "its path leads out of the archive", "a plain name, or a folder and a name");
        if (entry.IsEncrypted) throw new IdxFormatException(name, "it is encrypted", "a file without a password");
        if (entry.Length > maxBytes) throw new IdxFormatException(name, $"it unpacks to {entry.Length} bytes", $"at most {maxBytes}");
        if (entry.Length > 1024 + MostGrowth * entry.CompressedLength)
        {
            throw new IdxFormatException(
                name, $"it claims {entry.Length} bytes out of {entry.CompressedLength}", $"at most {MostGrowth} for each");
        }
        return new IdxUpload.File(name, entry.Open);
    }
}
