using ParquetSharp;

namespace GanFunctions.Core.Tests.Data;

/// <summary>Creates Parquet files for tests.</summary>
internal static class ParquetFiles
{
    /// <summary>A file with a column of pictures, unless there are none, and one of labels.</summary>
    /// <param name="pictures">The contents of the first column; null to leave it out.</param>
    /// <param name="labels">Numbers or texts.</param>
    /// <param name="metadata">What Hugging Face's datasets library would write to the file.</param>
    public static byte[] Of(byte[]?[]? pictures, Array labels, string? metadata = null)
    {
        using var file = new MemoryStream();
        Column[] columns = [.. pictures is null ? (Column[])[] : [new Column<byte[]>("image")], new(labels.GetType().GetElementType()!, "label")];
        var written = metadata is null ? null : new Dictionary<string, string> { ["huggingface"] = metadata };
        using (var writer = new ParquetFileWriter(file, columns, keyValueMetadata: written, leaveOpen: true))
        {
            using var rows = writer.AppendRowGroup();
            if (pictures is not null) Write(rows, pictures);
            switch (labels)
            {
                case int[] numbers: Write(rows, numbers); break;
                case long[] numbers: Write(rows, numbers); break;
                default: Write(rows, (string[])labels); break;
            }
            writer.Close();
        }
        return file.ToArray();
    }

    /// <summary>Metadata with the names of the labels.</summary>
    public static string Named(params string[] names) =>
        """{"info":{"features":{"label":{"names":["NAMES"],"_type":"ClassLabel"}}}}""".Replace("NAMES", string.Join("\",\"", names), StringComparison.Ordinal);

    private static void Write<T>(RowGroupWriter rows, T[] values)
    {
        using var column = rows.NextColumn().LogicalWriter<T>();
        column.WriteBatch(values);
    }
}
