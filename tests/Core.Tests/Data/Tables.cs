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

    private static byte[] Csv(bool header, bool labels, params (int Label, int Grey)[] rows) => Encoding.ASCII.GetBytes(string.Concat(
    [
        header ? $"{(labels ? "label," : "")}{string.Join(',', Enumerable.Range(0, 784).Select(i => $"pixel{i}"))}\n" : "",
        .. rows.Select(row => $"{(labels ? $"{row.Label}," : "")}{string.Join(',', Enumerable.Repeat(row.Grey, 784))}\r\n"),
    ]));
}
