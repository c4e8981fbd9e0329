using System.Collections.Concurrent;
using System.IO.Compression;
using GanFunctions.Functions.Http;
using Microsoft.AspNetCore.StaticFiles;
using Microsoft.Extensions.FileProviders;

namespace GanFunctions.Functions.Page;

/// <summary>The files of the page. Each is read and compressed once, on first use.</summary>
public sealed class PageFiles : IDisposable
{
    private readonly PhysicalFileProvider _folder = new(Path.Combine(AppContext.BaseDirectory, "wwwroot"));
    private readonly FileExtensionContentTypeProvider _types = new();
    private readonly ConcurrentDictionary<string, Lazy<PageFile>> _read = new(StringComparer.Ordinal);

    /// <summary>The file of a name, or null.</summary>
    /// <param name="path">The path, with slashes.</param>
    public PageFile? Find(string path)
    {
        var file = _folder.GetFileInfo(path);
        return file is { Exists: true, IsDirectory: false, PhysicalPath: { } place } && _types.TryGetContentType(path, out var type)
            ? _read.GetOrAdd(place, _ => new(() => PageFile.Of(type, File.ReadAllBytes(place)))).Value
            : null;
    }

    /// <inheritdoc/>
    public void Dispose() => _folder.Dispose();
}

/// <summary>A file of the page.</summary>
/// <param name="ContentType">Its media type.</param>
/// <param name="Plain">The file as it is.</param>
/// <param name="Compressed">The file compressed with gzip; null if that is not smaller.</param>
public sealed record PageFile(string ContentType, PageFile.Form Plain, PageFile.Form? Compressed)
{
    /// <summary>A representation with its own entity tag (RFC 9110, section 8.8.3.3).</summary>
    public sealed record Form(byte[] Bytes, string Tag);

    /// <summary>The file in both representations.</summary>
    public static PageFile Of(string contentType, byte[] bytes)
    {
        var compressed = Compress(bytes);
        return new(contentType, FormOf(bytes), compressed.Length < bytes.Length ? FormOf(compressed) : null);
    }

    private static Form FormOf(byte[] bytes) => new(bytes, EntityTag.Of(bytes));

    private static byte[] Compress(byte[] bytes)
    {
        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Optimal, leaveOpen: true)) gzip.Write(bytes);
        return compressed.ToArray();
    }
}

/// <summary>The web page.</summary>
public static class PageServices
{
    /// <summary>Registers the page's files.</summary>
    public static IServiceCollection AddPage(this IServiceCollection services) => services.AddSingleton<PageFiles>();
}
