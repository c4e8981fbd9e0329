using System.IO.Compression;
using System.Net;
using System.Text.RegularExpressions;

namespace GanFunctions.Cli.Training;

/// <summary>What a user names to train on: a folder, an archive, or a data set.</summary>
/// <param name="Name">Name of the data set.</param>
/// <param name="Path">The folder or archive to upload; null for a data set of the app.</param>
public sealed partial record PictureSource(string Name, string? Path)
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
        return Id().IsMatch(text)
            ? new(text, null)
            : throw new InvalidOperationException(
                $"There is no folder or archive '{text}': name one that contains pictures, or a data set, such as {Known[0]}.");
    }

    /// <summary>Size of what is uploaded, in bytes.</summary>
    public long Length => IsFolder ? new DirectoryInfo(Path!).EnumerateFiles("*", Files).Sum(file => file.Length) : new FileInfo(Path!).Length;

    /// <summary>The body of the upload, an archive; a folder is archived while it is sent.</summary>
    public HttpContent Open() => IsFolder ? new FolderContent(this) : new StreamContent(File.OpenRead(Path!));

    /// <summary>Writes the archive.</summary>
    public async Task WriteAsync(Stream stream, CancellationToken cancellation)
    {
        if (!IsFolder)
        {
            await using var archive = File.OpenRead(Path!);
            await archive.CopyToAsync(stream, cancellation);
            return;
        }
        await using var zip = await ZipArchive.CreateAsync(stream, ZipArchiveMode.Create, leaveOpen: true, entryNameEncoding: null, cancellation);
        foreach (var file in Directory.EnumerateFiles(Path!, "*", Files))
        {
            var name = System.IO.Path.GetRelativePath(Path!, file).Replace(System.IO.Path.DirectorySeparatorChar, '/');
            await using var entry = await zip.CreateEntry(name, CompressionLevel.NoCompression).OpenAsync(cancellation); // pictures are compressed
            await using var content = File.OpenRead(file);
            await content.CopyToAsync(entry, cancellation);
        }
    }

    private bool IsFolder => Directory.Exists(Path);

    private static string NameOf(string file)
    {
        var name = NotInIds().Replace(file.ToLowerInvariant(), "-").Trim('-');
        name = name[..Math.Min(name.Length, MaxName)];
        return name.Length == 0 ? "pictures" : Known.Contains(name) ? $"{name}-pictures" : name;
    }

    [GeneratedRegex("[^a-z0-9]+")]
    private static partial Regex NotInIds();

    [GeneratedRegex(@"\A[a-z0-9-]{1,40}\z")]
    private static partial Regex Id();

    private sealed class FolderContent(PictureSource source) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
            SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken) =>
            source.WriteAsync(stream, cancellationToken);

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
