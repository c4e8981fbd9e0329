using System.Buffers.Binary;
using Google.Protobuf;

namespace GanFunctions.Functions.Tests;

/// <summary>An event of an event file.</summary>
internal sealed record LoggedEvent(double WallTime, long Step, string? FileVersion, IReadOnlyList<LoggedValue> Values);

/// <summary>A value of an event: a number or a picture.</summary>
internal sealed record LoggedValue(string Tag, float? Number, LoggedPicture? Picture);

/// <summary>A picture of an event.</summary>
internal sealed record LoggedPicture(int Height, int Width, int Channels, byte[] File);

/// <summary>
/// Reads event files by TensorBoard's published format, without the code that writes them: the framing of <c>record_writer.h</c>, and the field numbers of
/// <c>event.proto</c> and <c>summary.proto</c>. A wrong checksum or an unknown field fails the test.
/// </summary>
internal static class EventFileReader
{
    private static readonly uint[] Table = [.. Enumerable.Range(0, 256).Select(index => Enumerable.Range(0, 8).Aggregate(
        (uint)index, (value, _) => (value & 1) == 1 ? value >> 1 ^ 0x82f63b78 : value >> 1))]; // Castagnoli's polynomial, reflected

    public static IReadOnlyList<LoggedEvent> Read(byte[] file)
    {
        Assert.Equal(0xe3069283, Checksum("123456789"u8)); // the check value of CRC-32C
        var events = new List<LoggedEvent>();
        for (var rest = file.AsSpan(); rest.Length > 0;)
        {
            var length = (int)BinaryPrimitives.ReadUInt64LittleEndian(rest);
            Assert.Equal(Masked(rest[..8]), BinaryPrimitives.ReadUInt32LittleEndian(rest[8..]));
            var data = rest.Slice(12, length);
            Assert.Equal(Masked(data), BinaryPrimitives.ReadUInt32LittleEndian(rest[(12 + length)..]));
            events.Add(Event(data.ToArray()));
            rest = rest[(16 + length)..];
        }
        return events;
    }

    private static LoggedEvent Event(byte[] data)
    {
        var read = new LoggedEvent(0, 0, null, []);
        Fields(data, (field, input) => read = field switch
        {
            1 => read with { WallTime = input.ReadDouble() },
            2 => read with { Step = input.ReadInt64() },
            3 => read with { FileVersion = input.ReadString() },
            5 => read with { Values = Summary(input.ReadBytes().ToByteArray()) },
            _ => throw Unknown(field),
        });
        return read;
    }

    private static List<LoggedValue> Summary(byte[] data)
    {
        var values = new List<LoggedValue>();
        Fields(data, (field, input) => values.Add(field == 1 ? Value(input.ReadBytes().ToByteArray()) : throw Unknown(field)));
        return values;
    }

    private static LoggedValue Value(byte[] data)
    {
        var read = new LoggedValue("", null, null);
        Fields(data, (field, input) => read = field switch
        {
            1 => read with { Tag = input.ReadString() },
            2 => read with { Number = input.ReadFloat() },
            4 => read with { Picture = Picture(input.ReadBytes().ToByteArray()) },
            _ => throw Unknown(field),
        });
        return read;
    }

    private static LoggedPicture Picture(byte[] data)
    {
        var read = new LoggedPicture(0, 0, 0, []);
        Fields(data, (field, input) => read = field switch
        {
            1 => read with { Height = input.ReadInt32() },
            2 => read with { Width = input.ReadInt32() },
            3 => read with { Channels = input.ReadInt32() },
            4 => read with { File = input.ReadBytes().ToByteArray() },
            _ => throw Unknown(field),
        });
        return read;
    }

    private static void Fields(byte[] data, Action<int, CodedInputStream> read)
    {
        using var input = new CodedInputStream(data);
        while (input.ReadTag() is not 0 and var tag) read(WireFormat.GetTagFieldNumber(tag), input);
    }

    private static InvalidDataException Unknown(int field) => new($"field {field} is not expected");

    private static uint Masked(ReadOnlySpan<byte> data)
    {
        var checksum = Checksum(data);
        return (checksum >> 15 | checksum << 17) + 0xa282ead8;
    }

    private static uint Checksum(ReadOnlySpan<byte> data)
    {
        var checksum = uint.MaxValue;
        foreach (var each in data) checksum = Table[(byte)(checksum ^ each)] ^ checksum >> 8;
        return ~checksum;
    }
}
