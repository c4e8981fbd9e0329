using System.Globalization;
using System.IO.Compression;
using System.Text.Json;
using GanFunctions.Core.Pictures;
using nietras.SeparatedValues;
using Parquet;
using Parquet.Schema;
using SharpCompress.Common;

namespace GanFunctions.Core.Data.Uploads;

/// <summary>
/// Pictures in the rows of tables: CSV files with a column for each pixel of a grey picture, as Kaggle publishes MNIST, and Parquet files with a column
/// of picture files, as Hugging Face stores data sets. They are unpacked to an archive of pictures in folders, which is then converted like any other.
/// </summary>
/// <param name="options">The size limits.</param>
internal sealed class TableFiles(DatasetOptions options)
{
    private const int Peeked = 128 * 1024; // two rows of 64x64 pixels
    private static readonly int[] PixelCounts = [.. PictureShape.Sides.Select(side => side * side)];

    /// <summary>The tables of an archive; empty if it contains pictures as files.</summary>
    /// <exception cref="UploadRefusedException">It contains NumPy arrays, or nothing but CSV files without pixels.</exception>
    public static async Task<List<ArchiveFile>> FindAsync(IReadOnlyList<ArchiveFile> files, CancellationToken cancellation)
    {
        if (files.Any(file => ArchiveLayout.MayBePicture(file.Path))) return [];
        if (files.FirstOrDefault(file => HasExtension(file, ".npy")) is { } array)
        {
            throw new UploadRefusedException(
                array.Path, "it is a NumPy array, which is not supported",
                "pictures, IDX, CSV or Parquet files; in Python, numpy.savetxt writes arrays as CSV");
        }
        List<ArchiveFile> tables = [];
        foreach (var file in files)
        {
            if (IsParquet(file) || (HasExtension(file, ".csv") && await ColumnsOfAsync(file, cancellation) is not null)) tables.Add(file);
        }
        if (tables.Count == 0 && files.All(file => HasExtension(file, ".csv")))
        {
            throw new UploadRefusedException(
                files[0].Path, "the number of columns in its first line does not match a supported picture size",
                $"{string.Join(", ", PixelCounts)} columns of pixels, and optionally one with the label");
        }
        return tables;
    }

    /// <summary>Writes the pictures of tables as a zip archive: <c>train/{label}/{number}</c>, and <c>test/...</c> for tables with such a name.</summary>
    /// <exception cref="UploadRefusedException">A table is damaged, has no pictures, or too many.</exception>
    public async Task UnpackAsync(IReadOnlyList<ArchiveFile> tables, Stream stream, CancellationToken cancellation)
    {
        await using var zip = await ZipArchive.CreateAsync(stream, ZipArchiveMode.Create, leaveOpen: true, entryNameEncoding: null, cancellation);
        var count = 0;
        foreach (var table in tables) count = await UnpackAsync(table, zip, count, cancellation);
        if (count == 0) throw new UploadRefusedException(tables[0].Path, "it has no rows", "a table with pictures");
    }

    /// <returns>The number of pictures so far.</returns>
    private async Task<int> UnpackAsync(ArchiveFile table, ZipArchive zip, int count, CancellationToken cancellation)
    {
        try
        {
            var split = ArchiveLayout.IsTest(table.Path) ? "test" : "train";
            var pictures = IsParquet(table) ? ReadParquetAsync(table, cancellation) : ReadCsvAsync(table, cancellation);
            await foreach (var (label, content) in pictures)
            {
                if (++count > options.MaxEntries)
                {
                    throw new UploadRefusedException(
                        table.Path, $"it has more than {options.MaxEntries} pictures", $"at most {options.MaxEntries} (limit MaxEntries)");
                }
                var folder = label is null ? split : $"{split}/{SafeName(label)}";
                await using var entry = await zip.CreateEntry($"{folder}/{count:D7}", CompressionLevel.Fastest).OpenAsync(cancellation);
                await entry.WriteAsync(content, cancellation);
            }
            return count;
        }
        catch (Exception damage) when (ArchiveDamage.Explains(damage))
        {
            throw new UploadRefusedException(table.Path, $"it is damaged ({damage.Message.TrimEnd('.')})", "a complete file", damage);
        }
    }

    private static async IAsyncEnumerable<(string? Label, byte[] Content)> ReadCsvAsync(
        ArchiveFile file, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        var columns = (await ColumnsOfAsync(file, cancellation))!;
        await using var stream = await file.OpenAsync(cancellation);
        using var reader = await Sep.Reader(each => each with { HasHeader = columns.HasHeader, DisableColCountCheck = true }).FromAsync(stream, cancellation);
        byte[] header = [.. System.Text.Encoding.ASCII.GetBytes($"P5 {columns.Side} {columns.Side} 255\n")];
        while (await reader.MoveNextAsync(cancellation))
        {
            if (Read(reader.Current) is { } picture) yield return picture;
        }

        (string? Label, byte[] Content)? Read(SepReader.Row row)
        {
            if (row.ColCount == 1 && row[0].Span.IsWhiteSpace()) return null;
            if (row.ColCount != columns.Count)
            {
                throw new UploadRefusedException(
                    file.Path, $"line {row.Line()} has {row.ColCount} columns", $"{columns.Count}, as in the first line");
            }
            var (content, at) = (new byte[header.Length + columns.Side * columns.Side], header.Length);
            header.CopyTo(content, 0);
            for (var column = 0; column < row.ColCount; column++)
            {
                if (column == columns.Label) continue;
                if (byte.TryParse(row[column].Span.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out content[at++])) continue;
                throw new UploadRefusedException(
                    file.Path, $"line {row.Line()} has the pixel '{row[column].ToString()}'", "whole numbers from 0 to 255");
            }
            return (columns.Label < 0 ? null : row[columns.Label].ToString().Trim(), content);
        }
    }

    /// <summary>The layout of a CSV file with pixels.</summary>
    /// <param name="HasHeader">Whether the first line has the names of the columns.</param>
    /// <param name="Count">Number of columns.</param>
    /// <param name="Label">Index of the column with the label; -1 if there is none.</param>
    /// <param name="Side">Height and width of a picture.</param>
    private sealed record Columns(bool HasHeader, int Count, int Label, int Side);

    /// <returns>Null if the number of columns is not that of the pixels of a supported size, with or without a label.</returns>
    private static async Task<Columns?> ColumnsOfAsync(ArchiveFile file, CancellationToken cancellation)
    {
        var start = System.Text.Encoding.UTF8.GetString(await file.PeekAsync(Peeked, cancellation)).TrimStart('\uFEFF');
        string[] cells = [.. start.Split('\n')[0].Split(',').Select(cell => cell.Trim().Trim('"'))];
        var hasLabel = !PixelCounts.Contains(cells.Length);
        if (hasLabel && !PixelCounts.Contains(cells.Length - 1)) return null;
        var isFirstPicture = Array.TrueForAll(cells[1..], cell => byte.TryParse(cell, NumberStyles.None, CultureInfo.InvariantCulture, out _));
        var hasHeader = !isFirstPicture && cells.Distinct().Count() == cells.Length; // otherwise a picture with an invalid pixel value, which Read reports
        var label = hasLabel ? Math.Max(0, Array.FindIndex(cells, cell => LabelFile.LabelColumns.Contains(cell.ToLowerInvariant()))) : -1;
        return new Columns(hasHeader, cells.Length, label, (int)Math.Sqrt(hasLabel ? cells.Length - 1 : cells.Length));
    }

    private async IAsyncEnumerable<(string? Label, byte[] Content)> ReadParquetAsync(
        ArchiveFile file, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        using var content = new MemoryStream(await file.ReadAsync(cancellation)); // the reader needs to seek
        await using var reader = await OrRefuseAsync(file, () => ParquetReader.CreateAsync(content, cancellationToken: cancellation));
        var fields = reader.Schema.DataFields;
        var pictures = Array.Find(fields, field => field.ClrType == typeof(ReadOnlyMemory<byte>)) ?? throw new UploadRefusedException(
            file.Path, $"none of its columns has binary data: {string.Join(", ", fields.Select(field => field.Path))}",
            "a column of pictures, as binary data");
        var labels = Array.Find(fields, field => LabelFile.LabelColumns.Contains(field.Path.ToString().ToLowerInvariant()) && !field.IsArray);
        var names = NamesOf(reader.CustomMetadata.GetValueOrDefault("huggingface"), labels?.Path.ToString());

        for (var group = 0; group < reader.RowGroupCount; group++)
        {
            using var rows = reader.OpenRowGroupReader(group);
            var bytes = rows.GetMetadata(pictures)?.MetaData?.TotalUncompressedSize ?? 0;
            if (bytes > options.MaxFileBytes)
                throw new UploadRefusedException(file.Path, $"a row group has {bytes} bytes", $"at most {options.MaxFileBytes} (limit MaxFileBytes)");
            var (files, classes) = await OrRefuseAsync(file, async () =>
            {
                var contents = new byte[]?[rows.RowCount];
                await rows.ReadAsync(pictures, contents.AsMemory(), cancellationToken: cancellation);
                return (contents, await ReadLabelsAsync(rows, labels, names, cancellation));
            });
            for (var row = 0; row < files.Length; row++)
                if (files[row] is { } picture) yield return (classes?[row], picture);
        }
    }

    /// <summary>
    /// Runs an operation of the Parquet reader, which reports damaged files by exceptions of many types. The file is in memory, so no exception is
    /// a failed download.
    /// </summary>
    private static async Task<T> OrRefuseAsync<T>(ArchiveFile file, Func<Task<T>> read)
    {
        try
        {
            return await read();
        }
        catch (Exception damage) when (damage is not (OperationCanceledException or UploadRefusedException))
        {
            throw new UploadRefusedException(file.Path, $"it cannot be read ({damage.Message.TrimEnd('.')})", "a complete Parquet file", damage);
        }
    }

    private static async Task<string?[]?> ReadLabelsAsync(
        ParquetRowGroupReader rows, DataField? field, IReadOnlyList<string> names, CancellationToken cancellation)
    {
        if (field is null) return null;
        if (field.ClrType == typeof(ReadOnlyMemory<char>))
        {
            var texts = new string?[rows.RowCount];
            await rows.ReadAsync(field, texts.AsMemory(), cancellationToken: cancellation);
            return texts;
        }
        if (field.ClrType == typeof(int)) return await NumbersAsync<int>();
        return field.ClrType == typeof(long) ? await NumbersAsync<long>() : null;

        async Task<string?[]> NumbersAsync<T>() where T : struct, IFormattable
        {
            var numbers = new T?[rows.RowCount];
            await rows.ReadAsync<T>(field, numbers.AsMemory(), cancellationToken: cancellation);
            return [.. numbers.Select(number => number is null ? null : NameOf(number.Value))];
        }

        string NameOf(IFormattable number)
        {
            var index = Convert.ToInt64(number, CultureInfo.InvariantCulture);
            return index >= 0 && index < names.Count ? names[(int)index] : number.ToString(null, CultureInfo.InvariantCulture);
        }
    }

    /// <summary>The names of a class label, from the metadata that Hugging Face's datasets library writes.</summary>
    private static IReadOnlyList<string> NamesOf(string? metadata, string? column)
    {
        if (metadata is null || column is null) return [];
        try
        {
            using var document = JsonDocument.Parse(metadata);
            var names = document.RootElement.GetProperty("info").GetProperty("features").GetProperty(column).GetProperty("names");
            return [.. names.EnumerateArray().Select(name => name.ToString())];
        }
        catch (Exception other) when (other is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return []; // the labels are numbers without names
        }
    }

    private static bool IsParquet(ArchiveFile file) => HasExtension(file, ".parquet");

    private static bool HasExtension(ArchiveFile file, string extension) => file.Path.EndsWith(extension, StringComparison.OrdinalIgnoreCase);

    private static string SafeName(string label) =>
        label.Replace('/', '-').Replace('\\', '-').Trim('.', ' ') is { Length: > 0 } name ? name : "-";
}
