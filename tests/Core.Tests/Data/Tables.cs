using System.Text;
using GanFunctions.Core.Data;
using GanFunctions.TestKit;

namespace GanFunctions.Core.Tests.Data;

public sealed class A_table_of_pictures(AzuriteFixture azurite)
{
    private readonly Uploader _uploader = new(azurite);
    private readonly CancellationToken _cancellation = TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true, true)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public async Task In_CSV_has_a_column_for_each_pixel_and_one_for_the_label(bool header, bool labels)
    {
        var loaded = await _uploader.LoadAsync("csv", Idx.Zip(
            ("mnist_train.csv", Csv(header, labels, (7, 10), (0, 20), (10, 30))), ("mnist_test.csv", Csv(header, labels, (7, 40)))));

        Assert.Equal(((byte)10, (byte)30, (byte)40), (loaded.Train.Pixels[0], loaded.Train.Pixels[^1], loaded.Test!.Pixels[5]));
        Assert.Equal(labels ? [1, 0, 2] : null, loaded.Train.Labels);
        Assert.Equal(labels ? ["0", "7", "10"] : null, (await _uploader.Catalog.GetAsync("csv", _cancellation))!.ClassNames);
    }

    [Theory]
    [InlineData(true, 10, 2)]
    [InlineData(true, 20, 3)]
    [InlineData(false, 10, 1)]
    [InlineData(false, 20, 2)]
    public async Task In_CSV_with_an_invalid_pixel_value_is_refused(bool header, int value, int line)
    {
        var csv = Encoding.ASCII.GetString(Csv(header, labels: true, (7, 10), (0, 20))).Replace($",{value}", ",256", StringComparison.Ordinal);

        var failed = await _uploader.UploadAsync("csv", Idx.Zip(("train.csv", Encoding.ASCII.GetBytes(csv))));

        Assert.Equal($"train.csv: line {line} has the pixel '256'. Expected whole numbers from 0 to 255.", failed.Error);
        Assert.Empty(await _uploader.FilesAsync());
    }

    /// <summary><c>huggingface.parquet</c> was written by hyparquet-writer with the schema and the metadata of Hugging Face's datasets library.</summary>
    [Fact]
    public async Task In_Parquet_has_a_column_of_files_and_the_names_of_its_labels()
    {
        var parquet = await File.ReadAllBytesAsync(Path.Combine(AppContext.BaseDirectory, "Data", "Files", "huggingface.parquet"), _cancellation);

        var loaded = await _uploader.LoadAsync("hub", Idx.Zip(("data/train-00000-of-00001.parquet", parquet), ("README.md", [1])));

        Assert.Equal(["airplane", "bird", "cat"], (await _uploader.Catalog.GetAsync("hub", _cancellation))!.ClassNames);
        var labelled = new[] { loaded.Train, loaded.Test! }.SelectMany(set => set.Pixels.Chunk(784).Select(picture => picture[0]).Zip(set.Labels!));
        Assert.Equal([(10, 2), (20, 0), (30, 1), (40, 2), (50, 0), (60, 1)], labelled.Select(each => ((int)each.First, (int)each.Second)).Order());
        Assert.DoesNotContain(await _uploader.FilesAsync(), file => file.EndsWith("unpacked.zip", StringComparison.Ordinal));
    }

    [Fact]
    public async Task In_Parquet_that_is_damaged_is_refused()
    {
        var failed = await _uploader.UploadAsync("hub", Idx.Zip(("train.parquet", [.. "PAR1"u8, .. new byte[60], .. "PAR1"u8])));

        Assert.StartsWith("train.parquet: it cannot be read (", failed.Error, StringComparison.Ordinal);
        Assert.Empty(await _uploader.FilesAsync());
    }

    [Fact]
    public async Task In_NumPy_is_refused_with_advice() => Assert.Equal(
        "x_train.npy: it is a NumPy array, which is not supported. Expected pictures, IDX, CSV or Parquet files; "
        + "in Python, numpy.savetxt writes arrays as CSV.",
        (await _uploader.UploadAsync("npz", Idx.Zip(("x_train.npy", [1]), ("y_train.npy", [1])))).Error);

    [Fact]
    public async Task In_CSV_without_pixels_is_refused() => Assert.Equal(
        "people.csv: the number of columns in its first line does not match a supported picture size. "
        + "Expected 784, 1024, 4096, 16384 columns of pixels, and optionally one with the label.",
        (await _uploader.UploadAsync("csv", Idx.Zip(("people.csv", "name,age\nAda,36"u8.ToArray())))).Error);

    [Fact]
    public async Task In_CSV_that_is_damaged_is_refused()
    {
        var zip = Idx.Zip(("train.csv", Csv(header: true, labels: true, [.. Enumerable.Range(0, 500).Select(i => (i % 10, i % 256))]))).ToArray();
        new Random(1).NextBytes(zip.AsSpan(zip.Length / 2, 1000));

        var failed = await _uploader.UploadAsync("csv", new MemoryStream(zip));

        Assert.Equal((ConversionState.Failed, "train.csv: "), (failed.State, failed.Error![..11]));
        Assert.Empty(await _uploader.FilesAsync());
    }

    [Theory]
    [InlineData("1,2,3\n", "line 3 has 3 columns. Expected 785, as in the first line.")]
    [InlineData("1\n", "line 3 has 1 columns. Expected 785, as in the first line.")]
    [InlineData(" \n\n", null)]
    public async Task In_CSV_may_have_empty_lines_but_no_line_of_another_length(string line, string? problem)
    {
        var csv = Encoding.ASCII.GetString(Csv(header: true, labels: true, (7, 10), (7, 20)));
        var second = csv.LastIndexOf("7,20", StringComparison.Ordinal);

        var uploaded = await _uploader.UploadAsync("csv", Idx.Zip(("train.csv", Encoding.ASCII.GetBytes(csv.Insert(second, line)))));

        Assert.Equal(problem is null ? null : $"train.csv: {problem}", uploaded.Error);
        Assert.Equal(problem is null ? ConversionState.Ready : ConversionState.Failed, uploaded.State);
    }

    [Fact]
    public async Task Without_rows_is_refused() => Assert.Equal(
        "train.csv: it has no rows. Expected a table with pictures.",
        (await _uploader.UploadAsync("csv", Idx.Zip(("train.csv", Csv(header: true, labels: true))))).Error);

    [Fact]
    public async Task With_more_rows_than_the_limit_is_refused()
    {
        var uploader = new Uploader(azurite, Catalogs.NoSources with { MaxEntries = 2 });

        var fits = await uploader.UploadAsync("fits", Idx.Zip(("train.csv", Csv(header: false, labels: true, (7, 10), (7, 20)))));
        var failed = await uploader.UploadAsync("csv", Idx.Zip(("train.csv", Csv(header: false, labels: true, (7, 10), (7, 20), (7, 30)))));
        var parquet = await uploader.UploadAsync("table", Idx.Zip(("train.parquet", ParquetFiles.Of([null, null, null], new[] { 1, 2, 3 }))));

        Assert.True(fits.State == ConversionState.Ready, fits.Error);
        Assert.Equal("train.csv: it has more than 2 pictures. Expected at most 2 (limit MaxEntries).", failed.Error);
        Assert.Equal("train.parquet: it has more than 2 rows. Expected at most 2 (limit MaxEntries).", parquet.Error);
    }

    [Fact]
    public async Task Whose_pictures_need_more_room_than_an_upload_may_have_is_refused()
    {
        var uploader = new Uploader(azurite, Catalogs.NoSources with { MaxUploadBytes = 10_000 });

        var failed = await uploader.UploadAsync("csv", Idx.Zip(("train.csv", Csv(header: false, labels: true, [.. Enumerable.Repeat((7, 0), 200)]))));

        Assert.Equal(
            "the upload: its pictures need more than 10000 bytes when unpacked. Expected fewer or smaller pictures (limit MaxUploadBytes).", failed.Error);
        Assert.Empty(await uploader.FilesAsync());
    }

    public static TheoryData<Array, string?, string[]> Labels => new()
    {
        { new[] { "owls", "cats/small", "." }, null, ["-", "cats-small", "owls"] },
        { new[] { 2, 10, 0 }, null, ["0", "2", "10"] },
        { new[] { 2L, 10L, 0L }, null, ["0", "2", "10"] },
        { new[] { 1, 2, -1 }, ParquetFiles.Named("ant", "bee"), ["-1", "2", "bee"] },
        { new[] { 1L, 0L, 2L }, ParquetFiles.Named("ant", "bee"), ["2", "ant", "bee"] },
        { new[] { 1, 0, 1 }, "no JSON", ["0", "1"] },
        { new[] { 1, 0, 1 }, """{"info":{"features":{}}}""", ["0", "1"] },
        { new[] { 1, 0, 1 }, """{"info":{"features":{"label":{"names":3}}}}""", ["0", "1"] },
    };

    [Theory]
    [MemberData(nameof(Labels))]
    public async Task In_Parquet_has_labels_that_are_numbers_or_text(Array labels, string? metadata, string[] classes)
    {
        var parquet = ParquetFiles.Of([.. Enumerable.Range(1, 3).Select(grey => PictureFiles.Grey(grey))], labels, metadata);

        var loaded = await _uploader.LoadAsync("table", Idx.Zip(("train.parquet", parquet)));

        Assert.Equal(classes, (await _uploader.Catalog.GetAsync("table", _cancellation))!.ClassNames);
        Assert.Equal(3, loaded.Train.Count + (loaded.Test?.Count ?? 0));
    }

    [Fact]
    public async Task In_Parquet_without_a_column_of_files_is_refused() => Assert.Equal(
        "train.parquet: none of its columns has binary data: label. Expected a column of pictures, as binary data.",
        (await _uploader.UploadAsync("table", Idx.Zip(("train.parquet", ParquetFiles.Of(null, new[] { 1, 2, 3 }))))).Error);

    [Fact]
    public async Task In_Parquet_with_too_large_a_row_group_is_refused()
    {
        var uploader = new Uploader(azurite, Catalogs.NoSources with { MaxFileBytes = 5000 });

        var failed = await uploader.UploadAsync("table", Idx.Zip(("train.parquet", ParquetFiles.Of([new byte[10_000]], new[] { 1 }))));

        Assert.Matches(@"^train.parquet: a row group has 10\d\d\d bytes. Expected at most 5000 \(limit MaxFileBytes\).$", failed.Error);
    }

    private static byte[] Csv(bool header, bool labels, params (int Label, int Grey)[] rows) => Encoding.ASCII.GetBytes(string.Concat(
    [
        header ? $"{(labels ? "label," : "")}{string.Join(',', Enumerable.Range(0, 784).Select(i => $"pixel{i}"))}\n" : "",
        .. rows.Select(row => $"{(labels ? $"{row.Label}," : "")}{string.Join(',', Enumerable.Repeat(row.Grey, 784))}\r\n"),
    ]));
}
