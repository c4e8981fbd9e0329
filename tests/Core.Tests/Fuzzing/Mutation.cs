using System.Buffers.Binary;
using CsCheck;

namespace GanFunctions.Core.Tests.Fuzzing;

/// <summary>Damages files in the ways that find faults in parsers.</summary>
internal static class Mutation
{
    private static readonly uint[] Interesting = [0, 1, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff];

    private enum Kind
    {
        FlipBit,
        SetByte,
        SetLittleEndian,
        SetBigEndian,
        SetWord,
        Truncate,
        Remove,
        Repeat,
        Insert,
    }

    private sealed record Change(Kind Kind, double Place, int Length, uint Value);

    /// <summary>Files with one to six changes.</summary>
    public static Gen<byte[]> Of(params byte[][] corpus)
    {
        // Most of the structure of a file is at its beginning, and that of an archive at its end.
        var place = Gen.Frequency((3, Gen.Double[0, 1]), (3, Gen.Double[0, 1].Select(each => each * each * each * each)), (1, Gen.Double[0.9, 1]));
        var change =
            from kind in Gen.Enum<Kind>()
            from at in place
            from length in Gen.Frequency((3, Gen.Int[1, 8]), (1, Gen.Int[1, 4096]))
            from value in Gen.Frequency((2, Gen.OneOf(Interesting)), (1, Gen.UInt))
            select new Change(kind, at, length, value);
        return Gen.Select(Gen.OneOf(corpus), change.Array[1, 6], (file, changes) => changes.Aggregate(file, Apply));
    }

    private static byte[] Apply(byte[] file, Change change)
    {
        if (file.Length < 8) return file;
        var at = (int)(change.Place * (file.Length - 5));
        var length = Math.Min(change.Length, file.Length - at);
        byte[] changed = [.. file];
        switch (change.Kind)
        {
            case Kind.FlipBit: changed[at] ^= (byte)(1 << (int)(change.Value % 8)); break;
            case Kind.SetByte: changed[at] = (byte)change.Value; break;
            case Kind.SetWord: BinaryPrimitives.WriteUInt16LittleEndian(changed.AsSpan(at), (ushort)change.Value); break;
            case Kind.SetLittleEndian: BinaryPrimitives.WriteUInt32LittleEndian(changed.AsSpan(at), change.Value); break;
            case Kind.SetBigEndian: BinaryPrimitives.WriteUInt32BigEndian(changed.AsSpan(at), change.Value); break;
            case Kind.Truncate: return changed[..at];
            case Kind.Remove: return [.. changed[..at], .. changed[(at + length)..]];
            case Kind.Repeat: return [.. changed[..(at + length)], .. changed[at..]];
            default: return [.. changed[..at], .. Enumerable.Repeat((byte)change.Value, length), .. changed[at..]];
        }
        return changed;
    }
}
