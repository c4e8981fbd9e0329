using System.IO.Compression;
using GanFunctions.Functions.Http;

namespace GanFunctions.Functions.Page;

/// <summary>A file of the page.</summary>
/// <param name="ContentType">Its media type.</param>
/// <param name="Plain">As it is.</param>
/// <param name="Zipped">With gzip; null where that saves nothing.</param>
public sealed record PageFile(string ContentType, PageFile.Form Plain, PageFile.Form? Zipped)
{
    /// <summary>What goes over the wire, and its name: each form has its own (RFC 9110, section 8.8.3.3).</summary>
    public sealed record Form(byte[] Bytes, string Tag);

    /// <summary>The file in both forms.</summary>
    public static PageFile Of(string contentType, byte[] bytes)
    {
        var zipped = Zip(bytes);
        return new(contentType, FormOf(bytes), zipped.Length < bytes.Length ? FormOf(zipped) : null);
    }

    private static Form FormOf(byte[] bytes) => new(bytes, EntityTag.Of(bytes));

    private static byte[] Zip(byte[] bytes)
    {
        using var zipped = new MemoryStream();
        using (var gzip = new GZipStream(zipped, CompressionLevel.Optimal, leaveOpen: true)) gzip.Write(bytes);
        return zipped.ToArray();
    }
}
