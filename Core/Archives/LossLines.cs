using System.Buffers;
using System.IO.Pipelines;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using GanFunctions.Core.Losses;
using GanFunctions.Core.Storage;

namespace GanFunctions.Core.Archives;

/// <summary>The rows of a loss log as JSON lines: one row in each line, with the columns of the table.</summary>
internal static partial class LossLines
{
    /// <summary>Bytes of a line with every column, about.</summary>
    public const int TypicalBytes = 350;

    private const int MaxBytes = 4096;      // of a line
    private const int PartBytes = 64 * 1024; // that are written at a time
    private const int FirstYear = 1970;

    private static readonly JsonSerializerOptions Line = new(Json.Options)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    };

    private static readonly PropertyInfo[] Numbers = [.. typeof(LossRow).GetProperties().Where(property => property.PropertyType == typeof(double?))];

    /// <summary>Writes rows.</summary>
    /// <param name="rows">The rows of a run, ordered by key.</param>
    /// <returns>The lines in parts of a convenient size. A part is valid until the next one is requested.</returns>
    public static async IAsyncEnumerable<ReadOnlyMemory<byte>> WriteAsync(IAsyncEnumerable<LossRow> rows)
    {
        var buffer = new ArrayBufferWriter<byte>(PartBytes + MaxBytes);
        await foreach (var row in rows)
        {
            buffer.Write(JsonSerializer.SerializeToUtf8Bytes(row, Line));
            buffer.Write("\n"u8);
            if (buffer.WrittenCount < PartBytes) continue;
            yield return buffer.WrittenMemory;
            buffer.ResetWrittenCount();
        }
        yield return buffer.WrittenMemory;
    }

    /// <summary>Reads rows, each of which is checked.</summary>
    /// <param name="stream">The lines; it is read to its end and left open.</param>
    /// <param name="run">The run that the rows belong to from now on.</param>
    /// <param name="cancellation">Cancels the read.</param>
    /// <exception cref="InvalidDataException">A line is not a row, or the rows are not in the order of their keys.</exception>
    public static async IAsyncEnumerable<LossRow> ReadAsync(Stream stream, string run, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var (reader, number, last) = (PipeReader.Create(stream, new(leaveOpen: true)), 0L, "");
        while (await ReadLineAsync(reader, number + 1, cancellation) is { } line)
        {
            number++;
            var row = Parse(line, number);
            if (string.CompareOrdinal(row.RowKey, last) <= 0) throw Wrong(number, $"its key '{row.RowKey}' does not follow '{last}'");
            last = row.RowKey;
            row.PartitionKey = run;
            yield return row;
        }
        await reader.CompleteAsync();
    }

    private static async Task<byte[]?> ReadLineAsync(PipeReader reader, long number, CancellationToken cancellation)
    {
        while (true)
        {
            var read = await reader.ReadAsync(cancellation);
            if (read.Buffer.PositionOf((byte)'\n') is { } end)
            {
                var line = read.Buffer.Slice(0, end);
                if (line.Length > MaxBytes) throw Wrong(number, $"it has {line.Length} bytes; the maximum is {MaxBytes}");
                var bytes = line.ToArray();
                reader.AdvanceTo(read.Buffer.GetPosition(1, end));
                return bytes;
            }
            if (read.Buffer.Length > MaxBytes) throw Wrong(number, $"it has more than {MaxBytes} bytes");
            if (read.IsCompleted) return read.Buffer.IsEmpty ? null : throw Wrong(number, "it has no end");
            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    private static LossRow Parse(byte[] line, long number)
    {
        LossRow row;
        try
        {
            row = JsonSerializer.Deserialize<LossRow>(line, Line) ?? throw Wrong(number, "it is null");
        }
        catch (JsonException damage)
        {
            throw Wrong(number, damage.Message.TrimEnd('.'), damage);
        }
        if (row.RowKey is null || !Key().IsMatch(row.RowKey)) throw Wrong(number, $"its key '{row.RowKey}' is not that of a step or an epoch");
        if (row.Time.Year < FirstYear) throw Wrong(number, $"its time {row.Time:O} is not valid");
        if (Array.Find(Numbers, column => column.GetValue(row) is double value && !double.IsFinite(value)) is { } infinite)
            throw Wrong(number, $"its {infinite.Name} is not a finite number");
        return row;
    }

    private static InvalidDataException Wrong(long line, string problem, Exception? inner = null) => new($"line {line}: {problem}", inner);

    [GeneratedRegex(@"\A[0-9]{3,9}-[0-9]{5}-([0-9]{6,9}|epoch)\z")]
    private static partial Regex Key();
}
