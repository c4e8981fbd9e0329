using System.Collections.Concurrent;
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
