using GanFunctions.Core.Data;


namespace GanFunctions.Core.Tests.Data;

public sealed class A_whole_idx_file
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Is_read_whether_compressed_or_not(bool compressed)
    {
        var file = Idx.File([2, 1, 3], [1, 2, 3, 4, 5, 255]);

        var array = await IdxReader.ReadAsync(
            new MemoryStream(compressed ? Idx.Gzip(file) : file), "images", 1000, TestContext.Current.CancellationToken);

        Assert.Equal([2, 1, 3], array.Shape);
        Assert.Equal([1, 2, 3, 4, 5, 255], array.Data);
    }

    [Fact]
    public async Task Is_written_with_the_same_bytes()
    {
        var file = Idx.File([2, 1, 3], [1, 2, 3, 4, 5, 255]);
        var array = await IdxReader.ReadAsync(new MemoryStream(file), "images", 1000, TestContext.Current.CancellationToken);

        var written = new MemoryStream();
        await array.WriteAsync(written, TestContext.Current.CancellationToken);

        Assert.Equal(file, written.ToArray());
    }
}

public sealed class A_malformed_idx_file
{
    private const string TooShort = "it is shorter than the four bytes at the start of an IDX file. Expected an IDX file.";
    private const string ThreeOfFour = "it is truncated: its dimensions 2x2 need 4 bytes of data, but it ends after 3 bytes. Expected a complete file.";
    private const string MoreThanFour = "it has more data than the 4 bytes of its dimensions 2x2. Expected no bytes after the data.";
    private const string GzipDamaged = "its gzip data is damaged (…). Expected a complete gzip file.";

    // The refusal; … stands for a message of the runtime.
    public static TheoryData<string, byte[], string> Files { get; } = new()
    {
        { "empty", [], TooShort },
        { "shorter than its magic number", [0, 0, 8], TooShort },
        { "something else", "PK-not-idx"u8.ToArray(), "it starts with the bytes 504b2d6e. Expected 0000 followed by the type." },
        { "with a wrong first byte", [1, 0, 8, 1, 0, 0, 0, 1, 7], "it starts with the bytes 01000801. Expected 0000 followed by the type." },
        { "of signed bytes", [0, 0, 9, 1, 0, 0, 0, 1, 7], "its type is 0x09, signed byte. Expected type 0x08, unsigned byte." },
        { "of floats", [0, 0, 13, 1, 0, 0, 0, 1, 7], "its type is 0x0D, 32-bit float. Expected type 0x08, unsigned byte." },
        { "of no type", [0, 0, 99, 1, 0, 0, 0, 1, 7], "its type is 0x63, which IDX does not define. Expected type 0x08, unsigned byte." },
        { "without dimensions", [0, 0, 8, 0], "it has 0 dimensions. Expected one for labels, or three or four for pictures." },
        { "with too many dimensions", [0, 0, 8, 200], "it has 200 dimensions. Expected one for labels, or three or four for pictures." },
        { "cut within its dimensions", [0, 0, 8, 3, 0, 0, 0, 1, 0, 0], "it ends before the last of its 3 dimensions. Expected four bytes for each dimension." },
        { "with an empty dimension", Idx.File([0, 28, 28], []), "dimension 1 of 3 is 0. Expected 1 to 2147483647." },
        { "with a negative dimension", Idx.File([28, -1], []), "dimension 2 of 2 is 4294967295. Expected 1 to 2147483647." },
        {
            "whose dimensions overflow", Idx.File([int.MaxValue, int.MaxValue, 4], [1]),
            "its dimensions 2147483647x2147483647x4 need too many bytes. Expected at most 4096 bytes unpacked."
        },
        {
            "larger than allowed once unpacked", Idx.Gzip(Idx.File([4097], new byte[4097])),
            "its dimensions 4097 need too many bytes. Expected at most 4096 bytes unpacked."
        },
        { "larger than allowed as sent", new byte[4097], "it is larger than 4096 bytes. Expected a smaller file." },
        { "cut short", Idx.File([2, 2], [1, 2, 3]), ThreeOfFour },
        {
            "far too short for what it claims", Idx.File([4000], [1]),
            "it is truncated: its dimensions 4000 need 4000 bytes of data, but the file is too small. Expected a complete file."
        },
        { "followed by more", Idx.File([2, 2], [1, 2, 3, 4, 0]), MoreThanFour },
        { "compressed and followed by more", Idx.Gzip(Idx.File([2, 2], [1, 2, 3, 4, 5])), MoreThanFour },
        { "compressed and cut short", Idx.Gzip(Idx.File([2, 2], [1, 2, 3])), ThreeOfFour },
        { "a gzip file cut short", Idx.Gzip(Idx.Images(1))[..^20], GzipDamaged },
        { "the start of a gzip file", [0x1f, 0x8b], GzipDamaged },
        { "a gzip file with a wrong check sum", WithWrongCheckSum(Idx.Gzip(Idx.Images(1))), GzipDamaged },
        { "damaged gzip", [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 255, 255, 255, 255], GzipDamaged },
    };

    [Theory]
    [MemberData(nameof(Files))]
    public async Task Is_refused_with_its_name_the_problem_and_what_is_valid(string kind, byte[] file, string message)
    {
        var refusal = await Assert.ThrowsAsync<IdxFormatException>(() =>
            IdxReader.ReadAsync(new MemoryStream(file), $"a file {kind}", 4096, TestContext.Current.CancellationToken));

        var parts = $"a file {kind}: {message}".Split('…');
        Assert.StartsWith(parts[0], refusal.Message, StringComparison.Ordinal);
        Assert.EndsWith(parts[^1], refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Is_not_one_that_is_as_large_as_allowed()
    {
        var read = await IdxReader.ReadAsync(new MemoryStream(Idx.Gzip(Idx.File([4096], new byte[4096]))), "large", 4096, TestContext.Current.CancellationToken);

        Assert.Equal(4096, read.Data.Length);
    }

    private static byte[] WithWrongCheckSum(byte[] gzip)
    {
        gzip[^6] ^= 1;
        return gzip;
    }
}
