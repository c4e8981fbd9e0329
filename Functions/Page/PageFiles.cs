using System.Collections.Concurrent;
using System.IO.Compression;
using GanFunctions.Functions.Http;
using Microsoft.AspNetCore.StaticFiles;
using Microsoft.Extensions.FileProviders;

namespace GanFunctions.Functions.Page;

/// <summary>The files of the page, which come with the app. Each is read and compressed once, when it is first asked for.</summary>
public sealed class PageFiles : IDisposable
{
    private readonly PhysicalFileProvider _folder = new(Path.Combine(AppContext.BaseDirectory, "wwwroot"));
    private readonly FileExtensionContentTypeProvider _types = new();
    private readonly ConcurrentDictionary<string, Lazy<PageFile>> _read = new(StringComparer.Ordinal);

    /// <summary>The file of that name, or null where the page has none.</summary>
    /// <param name="path">With slashes, as in the address.</param>
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

/// <summary>The web page.</summary>
public static class PageServices
{
    /// <summary>Registers the page's files.</summary>
    public static IServiceCollection AddPage(this IServiceCollection services) => services.AddSingleton<PageFiles>();
}
