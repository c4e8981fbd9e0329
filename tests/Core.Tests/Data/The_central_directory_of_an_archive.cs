using System.Buffers.Binary;
using GanFunctions.Core.Data.Uploads;

namespace GanFunctions.Core.Tests.Data;

public sealed class The_central_directory_of_an_archive
{
    private const int EndSize = 22;
    private const string Damaged = "the upload: its central directory is damaged or missing; it may be truncated. Expected a complete zip archive.";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 1)]
    [InlineData(3, 3)]
    [InlineData(3, 4)]
    public async Task May_have_as_many_entries_as_are_allowed(int entries, int max)
    {
        var zip = ZipOf(entries);

        await ZipDirectory.CheckAsync(new MemoryStream(zip), max, Cancellation);
        await ZipDirectory.CheckAsync(new MemoryStream(With64(zip, entries)), max, Cancellation);
    }

    [Fact]
    public async Task Is_refused_with_one_entry_more()
    {
        const string refusal = "the upload: it has 3 entries. Expected at most 2 (limit MaxEntries).";

        Assert.Equal(refusal, await RefusalAsync(ZipOf(3), 2));
        Assert.Equal(refusal, await RefusalAsync(With64(ZipOf(3), 3), 2));
        Assert.Equal(
            $"the upload: it has {long.MaxValue} entries. Expected at most 2 (limit MaxEntries).", await RefusalAsync(With64(ZipOf(3), ulong.MaxValue), 2));
        Assert.Equal("the upload: it has more than 2 entries. Expected at most 2 (limit MaxEntries).", await RefusalAsync(Declaring(ZipOf(3), entries: 2), 2));
    }

    [Fact]
    public async Task May_have_fewer_entries_than_the_archive_declares() =>
        await ZipDirectory.CheckAsync(new MemoryStream(Declaring(ZipOf(2), entries: 3)), 3, Cancellation);

    [Theory]
    [InlineData(0)]
    [InlineData(ushort.MaxValue)]
    public async Task May_be_followed_by_a_comment(int bytes)
    {
        var zip = ZipOf(2);
        BinaryPrimitives.WriteUInt16LittleEndian(zip.AsSpan(zip.Length - 2), (ushort)bytes);

        await ZipDirectory.CheckAsync(new MemoryStream([.. zip, .. new byte[bytes]]), 2, Cancellation);
    }

    [Fact]
    public async Task Is_refused_if_it_is_damaged()
    {
        var zip = ZipOf(2);
        Assert.Equal(Damaged, await RefusalAsync([], 2));
        Assert.Equal(Damaged, await RefusalAsync(zip[..^1], 2));
        Assert.Equal(Damaged, await RefusalAsync([.. zip, .. new byte[ushort.MaxValue + EndSize + 20]], 2)); // longer than a comment
        Assert.Equal(Damaged, await RefusalAsync(Declaring(zip, start: 1), 2)); // no header there
        Assert.Equal(Damaged, await RefusalAsync(Declaring(zip, start: (uint)zip.Length), 2));
        Assert.Equal(Damaged, await RefusalAsync(Declaring(zip, start: (uint)zip.Length + 1), 2));
        Assert.Equal(Damaged, await RefusalAsync(Declaring(zip, entries: ushort.MaxValue), 2)); // without the record of 64 bits
        Assert.Equal(Damaged, await RefusalAsync(Declaring(ZipOf(0), entries: ushort.MaxValue), 2));
    }

    [Theory]
    [InlineData(0, 0)] // the signature of the record
    [InlineData(56, 0)] // that of its locator
    [InlineData(64, -1)] // the position of the record
    [InlineData(64, long.MaxValue)]
    [InlineData(64, 0)]
    [InlineData(48, -1)] // that of the directory
    [InlineData(48, long.MaxValue)]
    [InlineData(48, 0)]
    public async Task Is_refused_if_its_record_of_64_bits_is_damaged(int at, long value)
    {
        var zip = With64(ZipOf(2), 2);
        var record = zip.Length - EndSize - 20 - 56;
        if (at is 0 or 56) zip[record + at] ^= 1;
        else BinaryPrimitives.WriteInt64LittleEndian(zip.AsSpan(record + at), value);

        Assert.Equal(Damaged, await RefusalAsync(zip, 2));
    }

    [Fact]
    public async Task Is_refused_if_it_is_larger_than_that_many_entries_need()
    {
        const int max = ushort.MaxValue + 128;
        byte[] zip = [.. new byte[100_000], .. ZipOf(1)];

        Assert.Equal(Damaged, await RefusalAsync(Declaring(zip, start: (uint)(zip.Length - max)), 1));
        Assert.Equal(
            $"the upload: its central directory has {max + 1} bytes. Expected at most {max}.",
            await RefusalAsync(Declaring(zip, start: (uint)(zip.Length - max - 1)), 1));
    }

    private static byte[] ZipOf(int entries) =>
        Idx.Zip([.. Enumerable.Range(0, entries).Select(index => ($"folder/{index}.txt", new byte[] { 1, 2, 3 }))]).ToArray();

    // Changes the record at the end of an archive.
    private static byte[] Declaring(byte[] zip, int? entries = null, uint? start = null)
    {
        byte[] changed = [.. zip];
        var end = changed.AsSpan(changed.Length - EndSize);
        if (entries is { } number) BinaryPrimitives.WriteUInt16LittleEndian(end[10..], (ushort)number);
        if (start is { } position) BinaryPrimitives.WriteUInt32LittleEndian(end[16..], position);
        return changed;
    }

    // The same archive with the records of APPNOTE.TXT 4.3.14 and 4.3.15.
    private static byte[] With64(byte[] zip, ulong entries)
    {
        var end = zip.Length - EndSize;
        var (record, locator) = (new byte[56], new byte[20]);
        BinaryPrimitives.WriteUInt32LittleEndian(record, 0x06064b50);
        BinaryPrimitives.WriteUInt64LittleEndian(record.AsSpan(32), entries);
        BinaryPrimitives.WriteUInt64LittleEndian(record.AsSpan(48), BinaryPrimitives.ReadUInt32LittleEndian(zip.AsSpan(end + 16)));
        BinaryPrimitives.WriteUInt32LittleEndian(locator, 0x07064b50);
        BinaryPrimitives.WriteUInt64LittleEndian(locator.AsSpan(8), (ulong)end);
        return Declaring([.. zip[..end], .. record, .. locator, .. zip[end..]], ushort.MaxValue, uint.MaxValue);
    }

    private static byte[] With64(byte[] zip, int entries) => With64(zip, (ulong)entries);

    private static async Task<string> RefusalAsync(byte[] zip, int max) =>
        (await Assert.ThrowsAsync<UploadRefusedException>(() => ZipDirectory.CheckAsync(new MemoryStream(zip), max, Cancellation))).Message;
}
