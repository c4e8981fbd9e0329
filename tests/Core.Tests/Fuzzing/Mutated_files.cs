using System.Formats.Tar;
using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using CsCheck;
using GanFunctions.Core.Data;
using GanFunctions.Core.Data.Uploads;
using GanFunctions.Core.Model;
using GanFunctions.Core.Pictures;
using GanFunctions.Core.Tests.Data;
using GanFunctions.TestKit;
using NetVips;
using static TorchSharp.torch;

namespace GanFunctions.Core.Tests.Fuzzing;

/// <summary>
/// Damaged files of every format that the app reads: each is read, or refused in words. GANFUNCTIONS_FUZZ_SECONDS sets how long each format
/// is tried; by default it is a number of files.
/// </summary>
public sealed class A_mutated_file(AzuriteFixture azurite)
{
    private const long MaxPixels = 1_000_000;
    private static readonly int Seconds = int.Parse(Environment.GetEnvironmentVariable("GANFUNCTIONS_FUZZ_SECONDS") ?? "-1", CultureInfo.InvariantCulture);

    public static TheoryData<string> PictureFormats { get; } = [".png", ".jpg", ".webp", ".gif", ".tif", ".avif", ".bmp", ".pgm", ".ppm"];

    public static TheoryData<string> Archives { get; } = ["zip", "tar", "tar.gz", "csv", "parquet", "idx"];

    [Theory]
    [MemberData(nameof(PictureFormats))]
    public void Of_a_picture_is_decoded_or_refused(string format)
    {
        byte[][] corpus = [.. from colour in new[] { false, true } from side in new[] { 5, 40 } select PictureFile(format, side, colour)];
        Try(Mutation.Of(corpus), Soak.Count(300, 3_000), file =>
        {
            try
            {
                Assert.Equal(3 * 28 * 28, PictureDecoder.Decode(file, new(new(28, 3)), MaxPixels).Length);
            }
            catch (PictureException refused)
            {
                Assert.NotEmpty(refused.Message);
            }
        });
    }

    [Fact]
    public void Of_weights_is_read_or_refused()
    {
        using var scope = NewDisposeScope();
        var file = SafeTensors.Write(
            new Dictionary<string, Tensor>
            {
                ["weight"] = arange(12, ScalarType.Float32).reshape(3, 4),
                ["steps"] = tensor(7L),
                ["mask"] = ones(5, ScalarType.Byte),
            },
            new Dictionary<string, string> { ["format"] = "1" });
        Try(Mutation.Of(file), Soak.Count(3_000, 30_000), bytes =>
        {
            using var reading = NewDisposeScope();
            try
            {
                Assert.True(SafeTensors.Read(bytes).Tensors.Count <= bytes.Length);
            }
            catch (InvalidDataException refused)
            {
                Assert.NotEmpty(refused.Message);
            }
        });
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Of_the_IDX_format_is_read_or_refused(bool isZipped)
    {
        var plain = Idx.File([4, 28, 28], new byte[4 * 28 * 28]);
        Try(Mutation.Of(isZipped ? Idx.Gzip(plain) : plain), Soak.Count(3_000, 30_000), bytes =>
        {
            try
            {
                Assert.NotEmpty(IdxReader.ReadAsync(new MemoryStream(bytes), "file", 1_000_000).GetAwaiter().GetResult().Data);
            }
            catch (IdxFormatException refused)
            {
                Assert.NotEmpty(refused.Message);
            }
        });
    }

    [Theory]
    [MemberData(nameof(Archives))]
    public void That_is_uploaded_is_packed_or_refused(string format) => Try(Mutation.Of(Upload(format)), Soak.Count(1_000, 30_000), bytes =>
    {
        try
        {
            using var packed = new MemoryStream();
            UploadPacking.PackAsync(PipeReader.Create(new MemoryStream(bytes)), packed, TestContext.Current.CancellationToken).GetAwaiter().GetResult();
            Assert.NotEqual(0, packed.Length);
        }
        catch (InvalidDataException refused)
        {
            Assert.NotEmpty(refused.Message);
        }
    });

    [Theory]
    [InlineData("csv")]
    [InlineData("parquet")]
    public void Of_a_table_is_unpacked_or_refused(string format)
    {
        var (tables, cancellation) = (new TableFiles(new() { MaxFileBytes = 1_000_000, MaxEntries = 1_000 }), TestContext.Current.CancellationToken);
        Try(Mutation.Of(Upload(format)), Soak.Count(1_000, 10_000), bytes =>
        {
            try
            {
                using var unpacked = new MemoryStream();
                var found = TableFiles.FindAsync([ArchiveFiles.Of($"train.{format}", bytes)], cancellation).GetAwaiter().GetResult();
                if (found.Count > 0) tables.UnpackAsync(found, unpacked, cancellation).GetAwaiter().GetResult();
            }
            catch (UploadRefusedException refused)
            {
                Assert.NotEmpty(refused.Message);
            }
        });
    }

    [Theory]
    [MemberData(nameof(Archives))]
    public async Task That_is_uploaded_becomes_a_data_set_or_is_refused(string format)
    {
        var uploader = new Uploader(azurite, Catalogs.NoSources with { MaxUnpackedBytes = 10_000_000, MaxUploadBytes = 10_000_000 });
        var number = 0;
        var whole = await uploader.SendAsync("whole", Upload(format));
        Assert.True(whole.State == ConversionState.Ready, whole.Error); // or no damaged file would reach the parser of the format
        Try(Mutation.Of(Upload(format)), Soak.Count(8, 30), bytes =>
        {
            try
            {
                var ended = uploader.SendAsync($"mutated-{Interlocked.Increment(ref number)}", bytes).GetAwaiter().GetResult();
                Assert.True(ended.State == ConversionState.Ready || ended.Error?.Length > 10, $"{ended.State} {ended.Error}");
            }
            catch (InvalidDataException refused) // an empty file, which is not stored
            {
                Assert.NotEmpty(refused.Message);
            }
        });
    }

    private static void Try(Gen<byte[]> files, int count, Action<byte[]> read)
    {
        var tried = 0;
        files.Sample(
            file =>
            {
                tried++;
                read(file);
            },
            iter: Seconds > 0 ? -1 : count, time: Seconds, threads: 1, print: Convert.ToBase64String);
        TestContext.Current.TestOutputHelper!.WriteLine($"{tried} files");
    }

    private static byte[] Upload(string format)
    {
        (string Name, byte[] Content)[] pictures =
            [.. Enumerable.Range(0, 6).Select(i => ($"train/{(i % 2 == 0 ? "dogs" : "cäts")}/{i}.png", PictureFiles.Grey(i * 40)))];
        var labels = string.Join(", ", pictures.Select((picture, i) => $"[\"{picture.Name}\", {i % 2}]"));
        var csv = string.Concat(pictures.Select((picture, i) => $"{picture.Name},{(i % 2 == 0 ? "dog" : "cat")}\n"));
        (string Name, byte[] Content)[] files =
            [.. pictures, ("labels.csv", Encoding.UTF8.GetBytes($"file,label\n{csv}")), ("dataset.json", Encoding.UTF8.GetBytes($"{{\"labels\": [{labels}]}}"))];
        return format switch
        {
            "zip" => Idx.Zip(files).ToArray(),
            "tar" => Tar(files),
            "tar.gz" => Idx.Gzip(Tar(files)),
            "csv" => Encoding.UTF8.GetBytes(string.Join('\n', Enumerable.Range(0, 6).Select(Row))),
            "parquet" => File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Data", "Files", "huggingface.parquet")),
            _ => Idx.Upload(Idx.File([6, 28, 28], new byte[6 * 28 * 28]), Idx.Labels(6)).ToArray(),
        };
    }

    private static string Row(int number) => $"{number % 2},{string.Join(',', Enumerable.Range(0, 784).Select(pixel => pixel * number % 256))}";

    /// <summary>Files in a tar archive, the first of them in the format of GNU tar, and a folder and a link, which are none.</summary>
    private static byte[] Tar((string Name, byte[] Content)[] files)
    {
        using var memory = new MemoryStream();
        using (var tar = new TarWriter(memory, leaveOpen: true))
        {
            tar.WriteEntry(new GnuTarEntry(TarEntryType.RegularFile, files[0].Name) { DataStream = new MemoryStream(files[0].Content) });
            tar.WriteEntry(new UstarTarEntry(TarEntryType.Directory, "train/"));
            tar.WriteEntry(new PaxTarEntry(TarEntryType.SymbolicLink, "train/dogs/9.png") { LinkName = "0.png" });
            foreach (var (name, content) in files[1..])
                tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(content) });
        }
        return memory.ToArray();
    }

    private static byte[] PictureFile(string format, int side, bool colour)
    {
        using var image = PictureFiles.Flat(side, side, colour ? [200, 100, 50] : [90]);
        return format switch
        {
            ".bmp" => PictureFiles.Bmp(200, 100, 50),
            ".pgm" => Encoding.ASCII.GetBytes($"P2 # a comment\n{side} {side} 255\n{string.Join(' ', Enumerable.Repeat(90, side * side))}\n"),
            ".ppm" => [.. Encoding.ASCII.GetBytes($"P6\n{side} {side}\n255\n"), .. Enumerable.Repeat((byte)90, 3 * side * side)],
            _ => image.WriteToBuffer(format),
        };
    }
}
