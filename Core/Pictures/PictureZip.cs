using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using GanFunctions.Core.Storage;

namespace GanFunctions.Core.Pictures;

/// <summary>Writes a zip archive with one PNG file per picture and an index. The same pictures always give the same bytes.</summary>
public static class PictureZip
{
    /// <summary>File name of the index.</summary>
    public const string Index = "index.json";

    // The earliest time that the zip format can store. A fixed time keeps the bytes the same.
    private static readonly DateTimeOffset Epoch = new(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>The file name of picture <paramref name="index"/>.</summary>
    public static string NameOf(int index) => $"{index:D4}.png";

    /// <summary>Writes the archive.</summary>
    /// <param name="pictures"><c>[count, channels, side, side]</c>, 0 to 255.</param>
    /// <param name="shape">Shape of each picture.</param>
    /// <param name="scale">Each pixel is enlarged to a square with this side.</param>
    /// <param name="index">The index; it is written as JSON.</param>
    /// <param name="cancellation">Cancels the writing.</param>
    /// <exception cref="OperationCanceledException">The writing was cancelled.</exception>
    public static byte[] Of(ReadOnlySpan<byte> pictures, PictureShape shape, int scale, object index, CancellationToken cancellation = default)
    {
        using var file = new MemoryStream();
        using (var archive = new ZipArchive(file, ZipArchiveMode.Create, leaveOpen: true))
        {
            Add(archive, Index, JsonSerializer.SerializeToUtf8Bytes(index, index.GetType(), Json.Document), CompressionLevel.Optimal);
            for (var number = 0; number * shape.Size < pictures.Length; number++)
            {
                var png = PictureGrid.Png(pictures.Slice(number * shape.Size, shape.Size), shape, columns: 1, scale, cancellation);
                Add(archive, NameOf(number), png, CompressionLevel.NoCompression);
            }
        }
        return file.ToArray();
    }

    private static void Add(ZipArchive archive, string name, byte[] content, CompressionLevel level)
    {
        var entry = archive.CreateEntry(name, level);
        entry.LastWriteTime = Epoch;
        using var stream = entry.Open();
        stream.Write(content);
    }
}

/// <summary>
/// Writes NumPy's array format, version 1.0 (numpy.lib.format): a magic number, the length of the header, the header as a Python literal
/// that is padded with spaces to a multiple of 64 bytes, and the values.
/// </summary>
public static class Npy
{
    private static ReadOnlySpan<byte> Magic => [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y', 1, 0];

    /// <summary>
    /// Writes pictures as a <c>uint8</c> array: <c>[count, side, side]</c> if grey, <c>[count, side, side, 3]</c> if in colour, and
    /// <c>[count, side, side, 4]</c>, with straight colours, if they have alpha.
    /// </summary>
    /// <param name="pictures"><c>[count, channels, side, side]</c>, 0 to 255.</param>
    /// <param name="shape">Shape of each picture.</param>
    public static byte[] Of(ReadOnlySpan<byte> pictures, PictureShape shape)
    {
        var count = pictures.Length / shape.Size;
        var channels = shape.Channels == 1 ? "" : $", {shape.Channels}";
        var literal = $"{{'descr': '|u1', 'fortran_order': False, 'shape': ({count}, {shape.Side}, {shape.Side}{channels}), }}";
        var start = (Magic.Length + 2 + literal.Length + 1 + 63) / 64 * 64;
        var file = new byte[start + pictures.Length];
        file.AsSpan(0, start).Fill((byte)' ');
        Magic.CopyTo(file);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(Magic.Length), (ushort)(start - Magic.Length - 2));
        Encoding.ASCII.GetBytes(literal, file.AsSpan(Magic.Length + 2));
        file[start - 1] = (byte)'\n';
        for (var index = 0; index < count; index++)
            Pixels.Interleave(pictures.Slice(index * shape.Size, shape.Size), shape, file.AsSpan(start + index * shape.Size), shape.Side);
        return file;
    }
}
