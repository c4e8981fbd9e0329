using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using GanFunctions.Core.Export.TensorBoard;
using GanFunctions.Core.Losses;
using Google.Protobuf;
using NetVips;

namespace GanFunctions.Core.Export;

/// <summary>
/// Exports the losses, the quality and the sample grids of a run as an event file, which TensorBoard reads. The file is a sequence of TFRecords
/// (https://www.tensorflow.org/tutorials/load_data/tfrecord#tfrecords_format_details): length, masked CRC-32C of the length, an event, masked CRC-32C of
/// the event. Events are written as they are read, so the memory needed does not depend on the length of the run.
/// </summary>
public static class EventFile
{
    /// <summary>Version of the export. Increase it with every change that affects the bytes of the file.</summary>
    public const int Version = 1;

    /// <summary>The tag of the sample grids.</summary>
    public const string Pictures = "samples";

    private const string FileVersion = "brain.Event:2"; // of the format; the first event must have it
    private const int FlushBytes = 64 * 1024;
    private const uint MaskDelta = 0xa282ead8;

    /// <summary>Writes the event file of a run.</summary>
    /// <param name="stream">Receives the file.</param>
    /// <param name="createdAt">When the run was started.</param>
    /// <param name="rows">The rows of its loss log, in order, without those that were rolled back.</param>
    /// <param name="stepsPerEpoch">Steps in an epoch.</param>
    /// <param name="pictureOf">Returns the PNG to include for an epoch; null for none.</param>
    /// <param name="cancellation">Cancels the export.</param>
    public static async Task WriteAsync(
        Stream stream, DateTimeOffset createdAt, IAsyncEnumerable<LossRow> rows, int stepsPerEpoch, Func<int, Task<byte[]?>> pictureOf,
        CancellationToken cancellation)
    {
        var buffer = new ArrayBufferWriter<byte>(2 * FlushBytes);
        Append(buffer, new Event { WallTime = SecondsOf(createdAt), FileVersion = FileVersion });
        await foreach (var row in rows.WithCancellation(cancellation))
        {
            Append(buffer, new Event { WallTime = SecondsOf(row.Time), Step = RunMetrics.StepOf(row, stepsPerEpoch), Summary = SummaryOf(row) });
            if (row.Step() is null && await pictureOf(row.Epoch()) is { } png)
                Append(buffer, new Event { WallTime = SecondsOf(row.Time), Step = row.Epoch(), Summary = SummaryOf(png) });
            if (buffer.WrittenCount < FlushBytes) continue;
            await stream.WriteAsync(buffer.WrittenMemory, cancellation);
            buffer.ResetWrittenCount();
        }
        await stream.WriteAsync(buffer.WrittenMemory, cancellation);
    }

    private static double SecondsOf(DateTimeOffset time) => time.ToUnixTimeMilliseconds() / 1000.0;

    private static Summary SummaryOf(LossRow row) => new()
    {
        Value = { RunMetrics.Of(row).Select(metric => new Summary.Types.Value { Tag = metric.Name, SimpleValue = (float)metric.Value }) },
    };

    private static Summary SummaryOf(byte[] png)
    {
        using var picture = Image.PngloadBuffer(png); // reads the header only
        var image = new Summary.Types.Image
        {
            Width = picture.Width,
            Height = picture.Height,
            Colorspace = picture.Bands,
            EncodedImageString = UnsafeByteOperations.UnsafeWrap(png),
        };
        return new() { Value = { new Summary.Types.Value { Tag = Pictures, Image = image } } };
    }

    private static void Append(ArrayBufferWriter<byte> buffer, Event content)
    {
        var length = buffer.GetSpan(sizeof(ulong))[..sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)content.CalculateSize());
        var checksum = MaskedCrc32C(length);
        buffer.Advance(length.Length);
        AppendChecksum(buffer, checksum);

        var start = buffer.WrittenCount;
        content.WriteTo(buffer);
        AppendChecksum(buffer, MaskedCrc32C(buffer.WrittenSpan[start..]));
    }

    private static void AppendChecksum(ArrayBufferWriter<byte> buffer, uint checksum)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(buffer.GetSpan(sizeof(uint)), checksum);
        buffer.Advance(sizeof(uint));
    }

    private static uint MaskedCrc32C(ReadOnlySpan<byte> data)
    {
        var checksum = uint.MaxValue;
        var words = MemoryMarshal.Cast<byte, ulong>(data);
        foreach (var word in words) checksum = BitOperations.Crc32C(checksum, word);
        foreach (var rest in data[(words.Length * sizeof(ulong))..]) checksum = BitOperations.Crc32C(checksum, rest);
        return BitOperations.RotateRight(~checksum, 15) + MaskDelta;
    }
}
