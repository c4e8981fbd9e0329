using System.Buffers.Binary;

namespace GanFunctions.Core.Data.Uploads;

/// <summary>
/// Checks the size of a zip archive's central directory, both as declared by the record at its end and by counting the entries (PKWARE,
/// APPNOTE.TXT 4.3.12 to 4.3.16). This happens before the directory is loaded, because that of a malicious archive may not fit into memory.
/// </summary>
internal static class ZipDirectory
{
    private const int EndSize = 22, LocatorSize = 20, End64Size = 56, MaxComment = ushort.MaxValue;
    private const uint HeaderSignature = 0x02014b50, LocatorSignature = 0x07064b50, End64Signature = 0x06064b50;
    private const int HeaderSize = 46;
    private const int MeanEntryBytes = 128; // a header, a name and the extra fields of Info-ZIP usually have less than 100 bytes

    /// <summary>Checks the central directory of an archive.</summary>
    /// <exception cref="UploadRefusedException">The archive is truncated or has too many entries.</exception>
    public static async Task CheckAsync(Stream archive, int maxEntries, CancellationToken cancellation)
    {
        const int maxTail = EndSize + LocatorSize + MaxComment;
        var tail = await ReadAsync(archive, Math.Max(0, archive.Length - maxTail), maxTail, cancellation);
        var at = tail.AsSpan().LastIndexOf((ReadOnlySpan<byte>)[0x50, 0x4b, 0x05, 0x06]);
        if (at < 0 || tail.Length - at < EndSize) throw Truncated();

        long entries = BinaryPrimitives.ReadUInt16LittleEndian(tail.AsSpan(at + 10));
        long start = BinaryPrimitives.ReadUInt32LittleEndian(tail.AsSpan(at + 16));
        if (entries == ushort.MaxValue || start == uint.MaxValue) (entries, start) = await Read64Async(archive, tail, at, cancellation);
        if (entries > maxEntries) throw TooManyEntries($"{entries}", maxEntries);
        if (start < 0 || start > archive.Length) throw Truncated();
        var bytes = archive.Length - start;
        var maxBytes = MaxComment + (long)MeanEntryBytes * maxEntries;
        if (bytes > maxBytes)
            throw new UploadRefusedException("the upload", $"its central directory has {bytes} bytes", $"at most {maxBytes}");
        await CountAsync(archive, start, isEmpty: entries == 0, maxEntries, cancellation);
    }

    // The record at the end may declare a wrong number of entries.
    private static async Task CountAsync(Stream archive, long start, bool isEmpty, int maxEntries, CancellationToken cancellation)
    {
        var header = new byte[HeaderSize];
        archive.Position = start;
        var isFound = isEmpty;
        for (var count = 1; await archive.ReadAtLeastAsync(header, HeaderSize, throwOnEndOfStream: false, cancellation) == HeaderSize; count++)
        {
            if (BinaryPrimitives.ReadUInt32LittleEndian(header) != HeaderSignature) break;
            isFound = true;
            if (count > maxEntries) throw TooManyEntries($"more than {maxEntries}", maxEntries);
            var (name, extra, comment) = (Size(28), Size(30), Size(32));
            archive.Position = Math.Min(archive.Length, archive.Position + name + extra + comment);
        }
        if (!isFound) throw Truncated();

        int Size(int at) => BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(at));
    }

    private static async Task<(long Entries, long Start)> Read64Async(Stream archive, byte[] tail, int end, CancellationToken cancellation)
    {
        if (end < LocatorSize || BinaryPrimitives.ReadUInt32LittleEndian(tail.AsSpan(end - LocatorSize)) != LocatorSignature)
            throw Truncated();
        var at = BinaryPrimitives.ReadInt64LittleEndian(tail.AsSpan(end - LocatorSize + 8));
        if (at < 0 || at > archive.Length - End64Size) throw Truncated();
        var record = await ReadAsync(archive, at, End64Size, cancellation);
        if (BinaryPrimitives.ReadUInt32LittleEndian(record) != End64Signature) throw Truncated();
        var entries = BinaryPrimitives.ReadUInt64LittleEndian(record.AsSpan(32));
        return ((long)Math.Min(entries, long.MaxValue), BinaryPrimitives.ReadInt64LittleEndian(record.AsSpan(48)));
    }

    private static async Task<byte[]> ReadAsync(Stream archive, long from, int maxBytes, CancellationToken cancellation)
    {
        archive.Position = from;
        var bytes = new byte[Math.Min(maxBytes, archive.Length - from)];
        await archive.ReadExactlyAsync(bytes, cancellation);
        return bytes;
    }

    private static UploadRefusedException TooManyEntries(string entries, int max) =>
        new("the upload", $"it has {entries} entries", $"at most {max} (limit MaxEntries)");

    private static UploadRefusedException Truncated() =>
        new("the upload", "its central directory is damaged or missing; it may be truncated", "a complete zip archive");
}
