using System.Formats.Tar;
using System.IO.Compression;
using System.IO.Pipelines;
using GanFunctions.Core.Data.Uploads;

namespace GanFunctions.Core.Tests.Data;

public sealed class An_upload_as_it_is_sent
{
    private static readonly byte[] Images = Idx.Images(3);
    private static readonly byte[] Colours = Idx.File([1, 28, 28, 3], new byte[28 * 28 * 3]);
    private static readonly byte[] Table = "label,pixel0,pixel1\n7,0,255\r\n"u8.ToArray();
    private static readonly byte[] Parquet = "PAR1, and what follows"u8.ToArray();
    private readonly CancellationToken _cancellation = TestContext.Current.CancellationToken;

    public static TheoryData<string, byte[], string> SingleFiles => new()
    {
        { "an IDX file of grey pictures", Images, "train-images-idx3-ubyte" },
        { "an IDX file of colour pictures", Colours, "train-images-idx3-ubyte" },
        { "a CSV file", Table, "train.csv" },
        { "a Parquet file", Parquet, "train.parquet" },
    };

    public static TheoryData<string, byte[]> Archives => new()
    {
        { "zip", Idx.Zip(("a/1.png", [1, 2]), ("b/2.png", [3])).ToArray() },
        { "tar", Tar(("a/1.png", [1, 2]), ("b/2.png", [3])) },
    };

    public static TheoryData<byte[], string> Refused => new()
    {
        { [], "it is empty" },
        { Idx.Zip().ToArray(), "it is an empty zip archive" },
        { Idx.Gzip(Idx.Gzip(Images)), Unsupported("a gzip file") },
        { [0x89, (byte)'P', (byte)'N', (byte)'G', 13, 10], Unsupported("a PNG picture") },
        { "<html>, <body>"u8.ToArray(), Unsupported("an HTML page") },
        { "words without a comma"u8.ToArray(), Unsupported("of an unknown format and starts with \"words wi\"") },
        { [.. "7,0,255"u8, 0x1f], Unsupported("of an unknown format and starts with 372c302c3235351f") },
        { [0, 0, 8, 2, 0, 0], Unsupported("of an unknown format and starts with 000008020000") },
    };

    [Theory]
    [MemberData(nameof(SingleFiles))]
    public async Task And_is_a_single_file_becomes_an_archive_of_it_whether_compressed_or_not(string form, byte[] file, string name)
    {
        foreach (var sent in (byte[][])[file, Idx.Gzip(file)])
        {
            var (packed, content) = Assert.Single(Entries(await PackAsync(sent)));

            Assert.Equal(name, packed);
            Assert.True(file.AsSpan().SequenceEqual(content), form);
        }
    }

    [Theory]
    [MemberData(nameof(Archives))]
    public async Task And_is_an_archive_keeps_its_files_whether_compressed_or_not(string form, byte[] archive)
    {
        foreach (var sent in (byte[][])[archive, Idx.Gzip(archive)])
            Assert.Equal([("a/1.png", "0102"), ("b/2.png", "03")], Entries(await PackAsync(sent)).Select(each => (each.Name, Convert.ToHexString(each.Content))));
        if (form == "zip") Assert.Equal(archive, await PackAsync(archive));
    }

    [Fact]
    public async Task And_is_a_tar_archive_keeps_links_as_links_and_leaves_out_what_is_no_file()
    {
        using var sent = new MemoryStream();
        using (var tar = new TarWriter(sent, TarEntryFormat.Ustar, leaveOpen: true))
        {
            tar.WriteEntry(new UstarTarEntry(TarEntryType.Directory, "a/"));
            tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, "a/empty.png"));
            tar.WriteEntry(new UstarTarEntry(TarEntryType.SymbolicLink, "a/soft.png") { LinkName = "/etc/passwd" });
            tar.WriteEntry(new UstarTarEntry(TarEntryType.HardLink, "a/hard.png") { LinkName = "a/empty.png" });
            tar.WriteEntry(new UstarTarEntry(TarEntryType.Fifo, "a/pipe"));
        }

        using var zip = new ZipArchive(new MemoryStream(await PackAsync(sent.ToArray())));

        Assert.Equal(["a/empty.png 8000", "a/soft.png A000", "a/hard.png A000"],
            zip.Entries.Select(each => $"{each.FullName} {(each.ExternalAttributes >> 16) & 0xF000:X}"));
        Assert.All(zip.Entries, each => Assert.Equal(0, each.Length));
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task And_is_of_another_format_is_refused(byte[] sent, string message) =>
        Assert.Equal(message, (await Assert.ThrowsAsync<InvalidDataException>(() => PackAsync(sent))).Message);

    [Fact]
    public async Task And_is_cut_off_while_compressed_is_refused() =>
        await Assert.ThrowsAsync<InvalidDataException>(() => PackAsync(Idx.Gzip(Images)[..^20]));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task And_is_a_tar_archive_that_is_cut_off_or_has_a_file_without_a_name_is_refused(bool isCutOff)
    {
        var tar = Tar(("1.png", new byte[2000]));
        if (isCutOff) tar = tar[..^1500];
        else tar.AsSpan(tar.AsSpan().LastIndexOf("1.png"u8), 5).Clear();

        var message = (await Assert.ThrowsAsync<InvalidDataException>(() => PackAsync(tar))).Message;

        Assert.StartsWith("it is a damaged tar archive (", message, StringComparison.Ordinal);
    }

    public static TheoryData<string, TarEntry> LargeHeaders
    {
        get
        {
            var text = new string('a', 2 << 20);
            return new()
            {
                { "attributes", new PaxTarEntry(TarEntryType.RegularFile, "1.png", [new("comment", text)]) },
                { "attributes of all files", new PaxGlobalExtendedAttributesTarEntry([new("comment", text)]) },
                { "name", new GnuTarEntry(TarEntryType.RegularFile, text) },
                { "target", new GnuTarEntry(TarEntryType.SymbolicLink, "1.png") { LinkName = text } },
            };
        }
    }

    [Theory]
    [MemberData(nameof(LargeHeaders), DisableDiscoveryEnumeration = true)]
    public async Task And_is_a_tar_archive_with_a_header_of_megabytes_is_refused(string part, TarEntry entry)
    {
        using var sent = new MemoryStream();
        await using (var tar = new TarWriter(sent, leaveOpen: true)) await tar.WriteEntryAsync(entry, _cancellation);

        var refused = await Assert.ThrowsAsync<InvalidDataException>(() => PackAsync(Idx.Gzip(sent.ToArray())));

        Assert.True(refused.Message == "it is a damaged tar archive (a header has more than 1048576 bytes)", $"{part}: {refused.Message}");
    }

    [Theory]
    [InlineData("pets.zip", true)]
    [InlineData("pets.tar", true)]
    [InlineData("pets.gz", true)]
    [InlineData("train-images-idx3-ubyte.gz", false)]
    [InlineData("images", false)]
    [InlineData("mnist.csv", false)]
    [InlineData("nothing", false)]
    public async Task Is_known_as_an_archive_before_it_is_read(string name, bool isArchive)
    {
        byte[] sent = Path.GetExtension(name) switch
        {
            ".zip" => Idx.Zip(("1.png", [1])).ToArray(),
            ".tar" => Tar(("1.png", [1])),
            ".gz" => Idx.Gzip(Images),
            ".csv" => Table,
            _ => name == "images" ? Images : [],
        };
        var body = Body(sent);

        Assert.Equal(isArchive, await UploadPacking.IsArchiveAsync(name, body, _cancellation));

        using var rest = new MemoryStream();
        await body.CopyToAsync(rest, _cancellation);
        Assert.Equal(sent, rest.ToArray());
    }

    private async Task<byte[]> PackAsync(byte[] sent)
    {
        using var packed = new MemoryStream();
        await UploadPacking.PackAsync(Body(sent), packed, _cancellation);
        return packed.ToArray();
    }

    /// <summary>A body that arrives in small pieces.</summary>
    private static PipeReader Body(byte[] sent) => PipeReader.Create(new MemoryStream(sent), new(bufferSize: 64, minimumReadSize: 16));

    private static List<(string Name, byte[] Content)> Entries(byte[] zip)
    {
        using var archive = new ZipArchive(new MemoryStream(zip));
        return [.. archive.Entries.Select(each =>
        {
            using var content = new MemoryStream();
            using (var stream = each.Open()) stream.CopyTo(content);
            return (each.FullName, content.ToArray());
        })];
    }

    private static byte[] Tar(params (string Name, byte[] Content)[] files)
    {
        using var memory = new MemoryStream();
        using (var tar = new TarWriter(memory, TarEntryFormat.Ustar, leaveOpen: true))
        {
            foreach (var (name, content) in files)
                tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(content) });
        }
        return memory.ToArray();
    }

    private static string Unsupported(string what) =>
        $"it is {what}; only zip, tar and tar.gz archives and single IDX, CSV and Parquet files are supported";
}
