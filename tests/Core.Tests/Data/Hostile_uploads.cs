using System.IO.Compression;
using GanFunctions.Core.Data;
using GanFunctions.TestKit;

namespace GanFunctions.Core.Tests.Data;

public sealed class A_hostile_upload(AzuriteFixture azurite)
{
    private readonly Uploader _uploader = new(
        azurite, Catalogs.NoSources with { MaxEntries = 66_000, MaxPictureBytes = 5_000_000, MaxDatasetBytes = 8_000_000, MaxUnpackedBytes = 100_000_000 });

    public static TheoryData<string, Func<byte[]>, string> Uploads { get; } = new()
    {
        { "empty", () => [], CutShort },
        { "not a zip", () => "no zip at all"u8.ToArray(), CutShort },
        { "truncated", () => Idx.Zip(("1.png", PictureFiles.Grey(1)), ("2.png", PictureFiles.Grey(2))).ToArray()[..^30], CutShort },
        { "without files", () => Idx.Zip().ToArray(), "the upload: it contains no files. Expected pictures or IDX files." },
        { "with folders only", () => Idx.Zip(("a/", [])).ToArray(), "the upload: it contains no files. Expected pictures or IDX files." },
        { "a bomb", () => Bomb(), None(1, "1.png", "it has 20000000 bytes; the maximum is 5000000 (limit MaxPictureBytes)") },
        { "a bomb of many files", () => Bombs(), "the upload: it unpacks to 110000000 bytes. Expected at most 100000000 (limit MaxUnpackedBytes)." },
        { "of overlapping files", () => Overlapping(), "the upload: its files declare 600…" },
        {
            "a zip in a zip", () => Idx.Zip(("inner.zip", Idx.Zip(("1.png", PictureFiles.Grey(1))).ToArray())).ToArray(),
            None(1, "inner.zip", "it is not a picture, according to its name")
        },
        { "a page before a zip", () => [.. "<html><script>"u8, .. Idx.Zip(("1.png", PictureFiles.Grey(1))).ToArray()], CutShort },
        {
            "SVG as PNG", () => Idx.Zip(("1.png", "<svg/>"u8.ToArray())).ToArray(),
            None(1, "1.png", "it is an SVG drawing; expected PNG, JPEG, WebP, GIF, TIFF, AVIF, BMP, PGM or PPM")
        },
        {
            "a signature of GIF", () => Idx.Zip(("1.png", "GIF89a"u8.ToArray())).ToArray(),
            "the upload: its only file is not a readable picture; 1.png: it cannot be decoded (…"
        },
        {
            "a vast PNG", () => Idx.Zip(("1.png", PictureFiles.PngThatClaims(100_000, 100_000))).ToArray(),
            None(1, "1.png", "it has 100000x100000 pixels; the maximum is 50000000 (limit MaxPixels)")
        },
        {
            "a vast file", () => Idx.Zip(("1.png", Noise(5_000_001))).ToArray(),
            None(1, "1.png", "it has 5000001 bytes; the maximum is 5000000 (limit MaxPictureBytes)")
        },
        { "damaged within", () => Damaged(), None(1, "1.png", "it cannot be unpacked (…") },
        { "2,000 empty files", () => Empty(2_000), None(2_000, "0.png", "it is empty") },
        {
            "too many pictures", () => Empty(11_900),
            "the upload: its 11900 files need 9329600 bytes as 28x28x1. Expected at most 8000000 (limit MaxDatasetBytes)."
        },
        { "too many files", () => Empty(66_001), "the upload: it has 66001 entries. Expected at most 66000 (limit MaxEntries)." },
        {
            "too many files, and says that they are two", () => Liar(Empty(66_001)),
            "the upload: it has more than 66000 entries. Expected at most 66000 (limit MaxEntries)."
        },
        {
            "of 257 classes", () => Idx.Zip([.. Enumerable.Range(0, 257).Select(i => ($"{i}/1.png", new byte[1]))]).ToArray(),
            "the upload: it has 257 classes. Expected at most 256."
        },
        { "of a symbolic link only", () => Link(), "x.png: it is a symbolic link. Expected a readable file with pictures." },
        { "encrypted", () => Encrypted(), "x.png: it is encrypted. Expected a readable file with pictures." },
        {
            "of one picture", () => Idx.Zip(("1.png", PictureFiles.Grey(1))).ToArray(),
            "the upload: it has one picture. Expected at least 2: one to train on and one to hold out."
        },
        {
            "without pictures to train on", () => Idx.Zip(("train/1.png", [1]), ("test/2.png", PictureFiles.Grey(1))).ToArray(),
            "train/: none of its pictures can be read. Expected at least one readable picture."
        },
    };

    [Theory]
    [MemberData(nameof(Uploads))]
    public async Task Fails_with_a_reason_and_leaves_nothing(string kind, Func<byte[]> zip, string error)
    {
        Assert.NotEmpty(kind);

        var failed = await _uploader.UploadAsync("hostile", new MemoryStream(zip()));

        Assert.Equal(ConversionState.Failed, failed.State);
        Assert.Equal(error, error.EndsWith('…') ? failed.Error![..(error.Length - 1)] + '…' : failed.Error);
        Assert.Empty(await _uploader.FilesAsync());
    }

    private const string CutShort = "the upload: its central directory is damaged or missing; it may be truncated. Expected a complete zip archive.";

    private static string None(int files, string file, string problem) =>
        $"the upload: {(files == 1 ? "its only file is not a" : $"none of its {files} files is a")} readable picture; {file}: {problem}"
        + (problem.EndsWith('…') ? "" : ". Expected PNG, JPEG, WebP, GIF, TIFF, AVIF, BMP, PGM or PPM files, "
            + "in one folder per class or without folders, or IDX files.");

    private static byte[] Noise(int bytes)
    {
        var noise = new byte[bytes];
        new Random(1).NextBytes(noise);
        return noise;
    }

    private static byte[] Empty(int files) => Idx.Zip([.. Enumerable.Range(0, files).Select(i => ($"{i}.png", Array.Empty<byte>()))]).ToArray();

    private static byte[] Bomb() => Idx.Zip(("1.png", new byte[20_000_000])).ToArray();

    private static byte[] Bombs() => Idx.Zip([.. Enumerable.Range(0, 11).Select(i => ($"{i}.png", new byte[10_000_000]))]).ToArray();

    // Overlapping files, as in David Fifield's zip bombs: three entries refer to the same bytes
    private static byte[] Overlapping()
    {
        var zip = Idx.Zip(("1", Noise(200_000)), ("2", []), ("3", [])).ToArray();
        var list = zip.AsSpan().IndexOf((ReadOnlySpan<byte>)[0x50, 0x4b, 1, 2]);
        var first = zip.AsSpan(list, 46).ToArray();
        for (var at = list + 47; at < zip.Length - 47; at += 47) first.AsSpan(16, 12).CopyTo(zip.AsSpan(at + 16));
        return zip;
    }

    // Declares two entries in the zip64 record, which holds the number of entries if there are more than 65,535
    private static byte[] Liar(byte[] zip)
    {
        zip[zip.AsSpan().LastIndexOf((ReadOnlySpan<byte>)[0x50, 0x4b, 6, 6]) + 32] = 2;
        zip.AsSpan(zip.AsSpan().LastIndexOf((ReadOnlySpan<byte>)[0x50, 0x4b, 6, 6]) + 33, 7).Clear();
        return zip;
    }

    private static byte[] Damaged()
    {
        var zip = Idx.Zip(("1.png", new byte[1000])).ToArray();
        zip.AsSpan(35, 4).Fill(0xff); // within the deflated bytes
        return zip;
    }

    private static byte[] Link()
    {
        using var memory = new MemoryStream();
        using (var zip = new ZipArchive(memory, ZipArchiveMode.Create, leaveOpen: true))
        {
            var entry = zip.CreateEntry("x.png");
            entry.ExternalAttributes = unchecked((int)0xA1FF0000);
            using var stream = entry.Open();
            stream.Write("/etc/passwd"u8);
        }
        return memory.ToArray();
    }

    // Sets the encryption flag in the local header and in the central directory
    private static byte[] Encrypted()
    {
        var zip = Idx.Zip(("x.png", PictureFiles.Grey(1))).ToArray();
        zip[6] |= 1;
        zip[zip.AsSpan().IndexOf((ReadOnlySpan<byte>)[0x50, 0x4b, 1, 2]) + 8] |= 1;
        return zip;
    }
}
