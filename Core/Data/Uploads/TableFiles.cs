using System.Globalization;
using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text.Json;
using GanFunctions.Core.Pictures;
using nietras.SeparatedValues;
using ParquetSharp;
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
        using var reader = OrRefuse(file, () => new ParquetFileReader(content));
        var columns = OrRefuse(file, () => ParquetColumn.Of(reader));
        var pictures = Array.Find(columns, column => column is { Type: PhysicalType.ByteArray, Meaning: LogicalTypeEnum.None }) ?? throw new UploadRefusedException(
            file.Path, $"none of its columns has binary data: {string.Join(", ", columns.Select(column => column.Path))}",
            "a column of pictures, as binary data");
        var labels = Array.Find(columns, column => LabelFile.LabelColumns.Contains(column.Path.ToLowerInvariant()) && column.HasLabels);
        var names = NamesOf(reader.FileMetaData.KeyValueMetadata.GetValueOrDefault("huggingface"), labels?.Path);

        var left = (long)options.MaxEntries; // a file of kilobytes can have billions of rows without a picture
        for (var group = 0; group < reader.FileMetaData.NumRowGroups; group++)
        {
            using var rows = OrRefuse(file, () => reader.RowGroup(group));
            left -= Math.Max(0, rows.MetaData.NumRows);
            if (left < 0)
                throw new UploadRefusedException(file.Path, $"it has more than {options.MaxEntries} rows", $"at most {options.MaxEntries} (limit MaxEntries)");
            var bytes = OrRefuse(file, () => rows.MetaData.GetColumnChunkMetaData(pictures.Index).TotalUncompressedSize);
            if (bytes > options.MaxFileBytes)
                throw new UploadRefusedException(file.Path, $"a row group has {bytes} bytes", $"at most {options.MaxFileBytes} (limit MaxFileBytes)");
            using var files = OrRefuse(file, () => rows.Column(pictures.Index));
            using var classes = labels is null ? null : OrRefuse(file, () => rows.Column(labels.Index));
            for (var row = 0L; row < rows.MetaData.NumRows; row++)
            {
                var (picture, label) = OrRefuse(file, () => (NextBytes(files), NextLabel(classes, names)));
                if (picture is not null) yield return (label, picture);
            }
        }
    }

    /// <summary>Runs an operation of the Parquet reader. The file is in memory, so every exception is due to damage.</summary>
    private static T OrRefuse<T>(ArchiveFile file, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception damage)
        {
            throw new UploadRefusedException(file.Path, $"it cannot be read ({damage.Message.TrimEnd('.')})", "a complete Parquet file", damage);
        }
    }

    /// <summary>The next value of a column; null if the row has none.</summary>
    private static T? NextValue<T>(ColumnReader column) where T : unmanaged, IEquatable<T>
    {
        Span<short> level = stackalloc short[1]; // tells which part of a nested value is missing
        Span<T> value = stackalloc T[1];
        var rows = ((ColumnReader<T>)column).ReadBatch(1, level, default, value, out var values);
        return rows == 0 ? throw new InvalidDataException("a column has fewer values than rows") : values == 0 ? null : value[0];
    }

    private static byte[]? NextBytes(ColumnReader column)
    {
        if (NextValue<ByteArray>(column) is not { } value) return null;
        var bytes = new byte[value.Length];
        if (bytes.Length > 0) Marshal.Copy(value.Pointer, bytes, 0, bytes.Length); // the reader overwrites its own with the next value
        return bytes;
    }

    private static string? NextLabel(ColumnReader? column, IReadOnlyList<string> names)
    {
        return column switch
        {
            ColumnReader<ByteArray> => NextBytes(column) is { } text ? System.Text.Encoding.UTF8.GetString(text) : null,
            ColumnReader<int> => NameOf(NextValue<int>(column)),
            ColumnReader<long> => NameOf(NextValue<long>(column)),
            _ => null,
        };

        string? NameOf(long? number) =>
            number >= 0 && number < names.Count ? names[(int)number] : number?.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>A column of a Parquet file with at most one value for each row.</summary>
    /// <param name="Index">Its position.</param>
    /// <param name="Path">Its name, after those of the columns that contain it.</param>
    /// <param name="Type">How its values are stored.</param>
    /// <param name="Meaning">What its values are.</param>
    private sealed record ParquetColumn(int Index, string Path, PhysicalType Type, LogicalTypeEnum Meaning)
    {
        public bool HasLabels => Type is PhysicalType.Int32 or PhysicalType.Int64 || (Type == PhysicalType.ByteArray && Meaning == LogicalTypeEnum.String);

        public static ParquetColumn[] Of(ParquetFileReader file)
        {
            var schema = file.FileMetaData.Schema;
            return [.. Enumerable.Range(0, schema.NumColumns).Where(index => schema.Column(index).MaxRepetitionLevel == 0).Select(index =>
            {
                var column = schema.Column(index);
                using var type = column.LogicalType;
                return new ParquetColumn(index, column.Path.ToDotString(), column.PhysicalType, type.Type);
            })];
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
