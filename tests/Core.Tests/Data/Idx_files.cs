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
    public static TheoryData<string, byte[], string> Files { get; } = new()
    {
        { "empty", [], "shorter than the four bytes" },
        { "shorter than its magic number", [0, 0, 8], "shorter than the four bytes" },
        { "something else", "PK-not-idx"u8.ToArray(), "starts with the bytes 504b2d6e" },
        { "of signed bytes", [0, 0, 9, 1, 0, 0, 0, 1, 7], "type is 0x09, signed byte. Expected type 0x08, unsigned byte" },
        { "of floats", [0, 0, 13, 1, 0, 0, 0, 1, 7], "0x0D, 32-bit float" },
        { "of no type", [0, 0, 99, 1, 0, 0, 0, 1, 7], "0x63, which IDX does not define" },
        { "without dimensions", [0, 0, 8, 0], "has 0 dimensions" },
        { "with too many dimensions", [0, 0, 8, 200], "has 200 dimensions" },
        { "cut within its dimensions", [0, 0, 8, 3, 0, 0, 0, 1, 0, 0], "ends before the last of its 3 dimensions" },
        { "with an empty dimension", Idx.File([0, 28, 28], []), "dimension 1 of 3 is 0" },
        { "with a negative dimension", Idx.File([-1], []), "dimension 1 of 1 is 4294967295" },
        { "whose dimensions overflow", Idx.File([int.MaxValue, int.MaxValue, 4], [1]), "need too many bytes" },
        { "larger than allowed once unpacked", Idx.Gzip(Idx.File([5000], new byte[5000])), "5000 need too many bytes" },
        { "larger than allowed as sent", new byte[4097], "larger than 4096 bytes" },
        { "cut short", Idx.File([2, 2], [1, 2, 3]), "truncated: its dimensions 2x2 need 4 bytes of data, but it ends after 3 bytes" },
        { "far too short for what it claims", Idx.File([4000], [1]), "the file is too small" },
        { "followed by more", Idx.File([2, 2], [1, 2, 3, 4, 5]), "it has more data than the 4 bytes" },
        { "compressed and followed by more", Idx.Gzip(Idx.File([2, 2], [1, 2, 3, 4, 5])), "it has more data than the 4 bytes" },
        { "compressed and cut short", Idx.Gzip(Idx.File([2, 2], [1, 2, 3])), "truncated" },
        { "a gzip file cut short", Idx.Gzip(Idx.Images(1))[..^20], "" },
        { "a gzip file with a wrong check sum", WithWrongCheckSum(Idx.Gzip(Idx.Images(1))), "gzip data is damaged" },
        { "damaged gzip", [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 255, 255, 255, 255], "gzip data is damaged" },
    };

    [Theory]
    [MemberData(nameof(Files))]
    public async Task Is_refused_with_its_name_the_problem_and_what_is_valid(string kind, byte[] file, string found)
    {
        var refusal = await Assert.ThrowsAsync<IdxFormatException>(() =>
            IdxReader.ReadAsync(new MemoryStream(file), $"a file {kind}", 4096, TestContext.Current.CancellationToken));

        Assert.StartsWith($"a file {kind}: ", refusal.Message);
        Assert.Contains(found, refusal.Message);
        Assert.Contains("Expected ", refusal.Message);
    }

    private static byte[] WithWrongCheckSum(byte[] gzip)
    {
        gzip[^6] ^= 1;
        return gzip;
    }
}
