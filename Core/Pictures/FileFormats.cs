using System.Text;

namespace GanFunctions.Core.Pictures;

/// <summary>Names of common file formats, so that an error can say what a file is that is not supported.</summary>
internal static class FileFormats
{
    private static readonly (byte[] Start, string Name)[] Known =
    [
        ("PK\u0003\u0004"u8.ToArray(), "a zip archive"), ([0x1f, 0x8b], "a gzip file"), ("Rar!"u8.ToArray(), "a RAR archive"),
        ([0x37, 0x7a, 0xbc, 0xaf], "a 7z archive"), ([0xfd, 0x37, 0x7a, 0x58], "an xz file"), ("BZh"u8.ToArray(), "a bzip2 file"),
        ([0x28, 0xb5, 0x2f, 0xfd], "a Zstandard file"), ([0x89, (byte)'H', (byte)'D', (byte)'F'], "an HDF5 file"),
        ([0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'], "a NumPy file"), ("MATLAB"u8.ToArray(), "a MATLAB file"),
        ([0x89, (byte)'P', (byte)'N', (byte)'G'], "a PNG picture"), ([0xff, 0xd8, 0xff], "a JPEG picture"), ("GIF8"u8.ToArray(), "a GIF picture"),
        ("RIFF"u8.ToArray(), "a WebP picture or a video"), ("8BPS"u8.ToArray(), "a Photoshop file"), ([0, 0, 1, 0], "an icon"),
        ([0xff, 0x0a], "a JPEG XL picture"), ([0, 0, 0, 12, (byte)'J', (byte)'X', (byte)'L'], "a JPEG XL picture"),
        ([0, 0, 0, 12, (byte)'j', (byte)'P'], "a JPEG 2000 picture"), ([0x76, 0x2f, 0x31, 0x01], "an OpenEXR picture"),
        ("%PDF"u8.ToArray(), "a PDF file"), ("<svg"u8.ToArray(), "an SVG drawing"), ("<?xml"u8.ToArray(), "an XML file"),
        ("<!DO"u8.ToArray(), "an HTML page"), ("<htm"u8.ToArray(), "an HTML page"),
        ("version https://git-lfs"u8.ToArray(), "a Git LFS pointer, not the file itself"),
    ];

    /// <summary>The format of a file, with its article, such as "a RAR archive"; null if unknown.</summary>
    /// <param name="start">The first bytes of the file.</param>
    public static string? NameOf(ReadOnlySpan<byte> start)
    {
        foreach (var (signature, name) in Known)
            if (start.StartsWith(signature)) return name;
        return null;
    }

    /// <summary>The first eight bytes of a file of an unknown format: in quotes if they are text, else in hexadecimal.</summary>
    public static string Start(ReadOnlySpan<byte> start)
    {
        var bytes = start[..Math.Min(8, start.Length)];
        return bytes.ContainsAnyExceptInRange((byte)' ', (byte)'~') ? Convert.ToHexStringLower(bytes) : $"\"{Encoding.ASCII.GetString(bytes)}\"";
    }
}
