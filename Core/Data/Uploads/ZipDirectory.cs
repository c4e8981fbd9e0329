using System.Buffers.Binary;

namespace GanFunctions.Core.Data.Uploads;

/// <summary>
/// How much a zip archive lists, from the record at its end and a count of what there is (PKWARE, APPNOTE.TXT 4.3.12 to 4.3.16): looked at
/// before anything is made of the list, which a hostile archive makes longer than memory.
/// </summary>
internal static class ZipDirectory
{
    private const int EndSize = 22, LocatorSize = 20, End64Size = 56, MaxComment = ushort.MaxValue;
    private const uint HeaderMark = 0x02014b50, LocatorMark = 0x07064b50, End64Mark = 0x06064b50;
    private const int HeaderSize = 46;
    private const int MeanEntryBytes = 128; // a header, a name and what Info-ZIP adds, which is most often less than 100 in all

    /// <exception cref="UploadRefusedException">The archive is cut short, or lists more than is taken.</exception>
    public static async Task CheckAsync(Stream archive, int maxEntries, CancellationToken cancellation)
    {
        var tail = await ReadAsync(archive, Math.Max(0, archive.Length - EndSize - LocatorSize - MaxComment), EndSize + LocatorSize + MaxComment, cancellation);
        var at = tail.AsSpan().LastIndexOf((ReadOnlySpan<byte>)[0x50, 0x4b, 0x05, 0x06]);
        if (at < 0 || tail.Length - at < EndSize) throw CutShort();

        long entries = BinaryPrimitives.ReadUInt16LittleEndian(tail.AsSpan(at + 10)), start = BinaryPrimitives.ReadUInt32LittleEndian(tail.AsSpan(at + 16));
        if (entries == ushort.MaxValue || start == uint.MaxValue) (entries, start) = await Read64Async(archive, tail, at, cancellation);
        if (entries > maxEntries) throw TooMany($"{entries}", maxEntries);
        if (start < 0 || start > archive.Length) throw CutShort();
        var bytes = archive.Length - start;
        if (bytes > MaxComment + (long)MeanEntryBytes * maxEntries)
            throw new UploadRefusedException("the zip", $"its list of files has {bytes} bytes", $"at most {MaxComment + (long)MeanEntryBytes * maxEntries}");
        await CountAsync(archive, start, maxEntries, cancellation);
    }

    // The record at the end may lie.
    private static async Task CountAsync(Stream archive, long start, int maxEntries, CancellationToken cancellation)
    {
        var header = new byte[HeaderSize];
        archive.Position = start;
        for (var count = 1; await archive.ReadAtLeastAsync(header, HeaderSize, throwOnEndOfStream: false, cancellation) == HeaderSize; count++)
        {
            if (BinaryPrimitives.ReadUInt32LittleEndian(header) != HeaderMark) return;
            if (count > maxEntries) throw TooMany($"more than {maxEntries}", maxEntries);
            var (name, extra, comment) = (Size(28), Size(30), Size(32));
            archive.Position = Math.Min(archive.Length, archive.Position + name + extra + comment);
        }

        int Size(int at) => BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(at));
    }

    private static async Task<(long Entries, long Start)> Read64Async(Stream archive, byte[] tail, int end, CancellationToken cancellation)
    {
        if (end < LocatorSize || BinaryPrimitives.ReadUInt32LittleEndian(tail.AsSpan(end - LocatorSize)) != LocatorMark) throw CutShort();
        var at = BinaryPrimitives.ReadInt64LittleEndian(tail.AsSpan(end - LocatorSize + 8));
        if (at < 0 || at > archive.Length - End64Size) throw CutShort();
        var record = await ReadAsync(archive, at, End64Size, cancellation);
        if (BinaryPrimitives.ReadUInt32LittleEndian(record) != End64Mark) throw CutShort();
        var entries = BinaryPrimitives.ReadUInt64LittleEndian(record.AsSpan(32));
        return ((long)Math.Min(entries, long.MaxValue), BinaryPrimitives.ReadInt64LittleEndian(record.AsSpan(48)));
    }

    private static async Task<byte[]> ReadAsync(Stream archive, long from, int most, CancellationToken cancellation)
    {
        archive.Position = from;
        var bytes = new byte[Math.Min(most, archive.Length - from)];
        await archive.ReadExactlyAsync(bytes, cancellation);
        return bytes;
    }

    private static UploadRefusedException TooMany(string entries, int most) =>
        new("the zip", $"it lists {entries} files", $"at most {most} (limit MaxEntries)");

    private static UploadRefusedException CutShort() => new("the zip", "its list of files is damaged or missing: it may be cut short", "a whole zip archive");
}
