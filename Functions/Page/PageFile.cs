using System.IO.Compression;
using System.Security.Cryptography;

namespace GanFunctions.Functions.Page;

/// <summary>A file of the page, as it goes over the wire.</summary>
/// <param name="ContentType">Its media type.</param>
/// <param name="Bytes">As it is.</param>
/// <param name="Zipped">With gzip; null where that saves nothing.</param>
/// <param name="Tag">Names its content, as <c>ETag</c> has it.</param>
public sealed record PageFile(string ContentType, byte[] Bytes, byte[]? Zipped, string Tag)
{
    /// <summary>The file with its other form and its name.</summary>
    public static PageFile Of(string contentType, byte[] bytes)
    {
        var zipped = Zip(bytes);
        return new(contentType, bytes, zipped.Length < bytes.Length ? zipped : null, $"\"{Convert.ToHexStringLower(SHA256.HashData(bytes))[..32]}\"");
    }

    private static byte[] Zip(byte[] bytes)
    {
        using var zipped = new MemoryStream();
        using (var gzip = new GZipStream(zipped, CompressionLevel.Optimal, leaveOpen: true)) gzip.Write(bytes);
        return zipped.ToArray();
    }
}
