using System.IO.Compression;
using System.Net;
using System.Text.RegularExpressions;
using GanFunctions.Core.Storage;

namespace GanFunctions.Functions.Terminal;

/// <summary>What a user names to train on: a folder, an archive, or a data set.</summary>
/// <param name="Name">Name of the data set.</param>
/// <param name="Path">The folder or archive to upload; null for a data set of the app.</param>
internal sealed partial record PictureSource(string Name, string? Path)
{
    private const int MaxName = 36; // of the 40 characters of an id; the rest is for the suffix of a run
    private static readonly string[] Known = ["digits", "mnist", "fashion-mnist"];

    /// <summary>Skips hidden files and folders.</summary>
    private static readonly EnumerationOptions Files = new() { RecurseSubdirectories = true };

    /// <summary>Finds out what a text names.</summary>
    /// <exception cref="InvalidOperationException">There is no such folder or archive, or it is empty.</exception>
    public static PictureSource Of(string text)
    {
        if (Known.Contains(text)) return new(text, null);
        if (Directory.Exists(text))
        {
            if (!Directory.EnumerateFiles(text, "*", Files).Any())
            {
                throw new InvalidOperationException(
                    $"The folder '{text}' is empty: it must contain pictures, optionally in one subfolder per class.");
            }
            return new(NameOf(System.IO.Path.GetFileName(System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(text)))), text);
        }
        if (File.Exists(text)) return new(NameOf(System.IO.Path.GetFileNameWithoutExtension(text)), text);
        return ResourceId.IsValid(text)
            ? new(text, null)
            : throw new InvalidOperationException(
                $"There is no folder or archive '{text}': name one that contains pictures, or a data set, such as {Known[0]}.");
    }

    /// <summary>The body of the upload, a zip archive; a folder is archived while it is sent.</summary>
    public HttpContent Open() => Directory.Exists(Path) ? new FolderContent(Path) : new StreamContent(File.OpenRead(Path!));

    private static string NameOf(string file)
    {
        var name = NotInIds().Replace(file.ToLowerInvariant(), "-").Trim('-');
        name = name[..Math.Min(name.Length, MaxName)];
        return name.Length == 0 ? "pictures" : Known.Contains(name) ? $"{name}-pictures" : name;
    }

    [GeneratedRegex("[^a-z0-9]+")]
    private static partial Regex NotInIds();

    private sealed class FolderContent(string folder) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
            SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            await using var zip = await ZipArchive.CreateAsync(stream, ZipArchiveMode.Create, leaveOpen: true, entryNameEncoding: null, cancellationToken);
            foreach (var file in Directory.EnumerateFiles(folder, "*", Files))
            {
                var name = System.IO.Path.GetRelativePath(folder, file).Replace(System.IO.Path.DirectorySeparatorChar, '/');
                await using var entry = await zip.CreateEntry(name, CompressionLevel.NoCompression).OpenAsync(cancellationToken); // pictures are compressed
                await using var content = File.OpenRead(file);
                await content.CopyToAsync(entry, cancellationToken);
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
