using System;
using System.IO;
using System.Text;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

/// <summary>
/// Copies a shared library and marks one of its required symbol versions as weak, so that the loader accepts a dependency that does
/// not define it. Fails if a symbol other than <see cref="KnownSymbol"/> has that version, or a relocation uses it.
/// Layout: 64-bit little-endian ELF, located by its section headers (man 5 elf; Elf64_Verneed and Elf64_Vernaux of the LSB).
/// </summary>
public class WeakenSymbolVersion : Task
{
    private const uint DynamicSymbols = 11;
    private const uint Relocations = 4;
    private const uint VersionNeeds = 0x6ffffffe;
    private const uint VersionIndices = 0x6fffffff;
    private const ushort Weak = 2;

    [Required]
    public string Source { get; set; } = "";

    [Required]
    public string Destination { get; set; } = "";

    [Required]
    public string Version { get; set; } = "";

    [Required]
    public string KnownSymbol { get; set; } = "";

    private byte[] _elf = Array.Empty<byte>();

    public override bool Execute()
    {
        try
        {
            _elf = File.ReadAllBytes(Source);
            if (_elf.Length < 64 || U32(0) != 0x464c457f || _elf[4] != 2 || _elf[5] != 1)
            {
                throw new InvalidDataException("it is not a 64-bit little-endian ELF file");
            }
            MarkWeak();
            // Always a new file: the old one may be a hard link to a shared file.
            Directory.CreateDirectory(Path.GetDirectoryName(Destination)!);
            var temporary = Destination + "." + Guid.NewGuid().ToString("N");
            File.WriteAllBytes(temporary, _elf);
            File.Delete(Destination);
            File.Move(temporary, Destination);
        }
        catch (Exception exception) when (exception is InvalidDataException || exception is IndexOutOfRangeException || exception is ArgumentException)
        {
            Log.LogError("Cannot make {0} of {1} weak: {2}. The package may have changed; see build/Native.targets.", Version, Source, exception.Message);
        }
        return !Log.HasLoggedErrors;
    }

    private void MarkWeak()
    {
        var needs = Section(VersionNeeds);
        var names = Offset(SectionHeader((int)U32(needs + 40)));
        for (long need = Offset(needs), next = -1; next != 0; need += next)
        {
            long entry = need + U32(need + 8), step = -1;
            for (; step != 0; entry += step)
            {
                step = U32(entry + 12);
                if (Text(names + U32(entry + 8)) == Version && (U16(entry + 4) & Weak) == 0)
                {
                    ThrowIfUsed(U16(entry + 6));
                    _elf[entry + 4] |= (byte)Weak;
                    Log.LogMessage(MessageImportance.Normal, "{0} of {1} is now weak", Version, Destination);
                }
            }
            next = U32(need + 12);
        }
    }

    private void ThrowIfUsed(ushort version)
    {
        var symbols = Section(DynamicSymbols);
        var names = Offset(SectionHeader((int)U32(symbols + 40)));
        var indices = Offset(Section(VersionIndices));
        for (long symbol = 0; symbol < Size(symbols) / 24; symbol++)
        {
            if ((U16(indices + 2 * symbol) & 0x7fff) != version)
            {
                continue;
            }
            var name = Text(names + U32(Offset(symbols) + 24 * symbol));
            if (name != KnownSymbol || IsRelocated(symbol))
            {
                throw new InvalidDataException("it uses " + name + " of that version");
            }
        }
    }

    private bool IsRelocated(long symbol)
    {
        for (var index = 0; index < U16(60); index++)
        {
            var section = SectionHeader(index);
            for (long at = Offset(section); U32(section + 4) == Relocations && at < Offset(section) + Size(section); at += 24)
            {
                if (U32(at + 12) == symbol)
                {
                    return true;
                }
            }
        }
        return false;
    }

    private long Section(uint type)
    {
        for (var index = 0; index < U16(60); index++)
        {
            if (U32(SectionHeader(index) + 4) == type)
            {
                return SectionHeader(index);
            }
        }
        throw new InvalidDataException("it has no section of type 0x" + type.ToString("x"));
    }

    private long SectionHeader(int index) => (long)U64(40) + (long)index * U16(58);

    private long Offset(long section) => (long)U64(section + 24);

    private long Size(long section) => (long)U64(section + 32);

    private ushort U16(long at) => BitConverter.ToUInt16(_elf, checked((int)at));

    private uint U32(long at) => BitConverter.ToUInt32(_elf, checked((int)at));

    private ulong U64(long at) => BitConverter.ToUInt64(_elf, checked((int)at));

    private string Text(long at) => Encoding.ASCII.GetString(_elf, checked((int)at), Array.IndexOf(_elf, (byte)0, checked((int)at)) - (int)at);
}
