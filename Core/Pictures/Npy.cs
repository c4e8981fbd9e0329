using System.Buffers.Binary;
using System.Text;

namespace GanFunctions.Core.Pictures;

/// <summary>
/// The array format of NumPy, version 1.0 (numpy.lib.format): a magic word, the length of the header, the header as a Python literal padded
/// with blanks to a multiple of 64, the numbers.
/// </summary>
public static class Npy
{
    private static ReadOnlySpan<byte> Magic => [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y', 1, 0];

    /// <summary>Pictures as <c>uint8</c> of <c>[count, side, side]</c>, or <c>[count, side, side, 3]</c> in colour.</summary>
    /// <param name="pictures"><c>[count, channels, side, side]</c>, 0 to 255.</param>
    /// <param name="shape">Of a picture.</param>
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
