using System.IO.Compression;
using GanFunctions.Core.Data;
using GanFunctions.Core.Pictures;

namespace GanFunctions.Benchmarks;

/// <summary>A zip file of pictures in memory, with a folder for each class.</summary>
internal static class PictureArchive
{
    private const int MaxPixels = 1 << 24; // of a file
    private const int HoldOutOneIn = 5;

    /// <summary>Reads all pictures that can be decoded. Every fifth is held out for measuring; a limit keeps the first pictures of the rest.</summary>
    /// <param name="path">The zip file.</param>
    /// <param name="shape">What the pictures are converted to. Transparent pixels become white.</param>
    /// <param name="limit">Maximum number of training pictures.</param>
    public static Dataset Read(string path, PictureShape shape, int limit)
    {
        using var vips = new VipsRuntime();
        using var archive = ZipFile.OpenRead(path);
        var target = new PictureTarget(shape, Background: Rgb.White);
        var files = archive.Entries.Where(entry => entry.Length > 0).OrderBy(entry => entry.FullName, StringComparer.Ordinal).ToList();
        var classes = files.Select(ClassOf).Distinct().ToList();
        var pictures = files.Select(file => (Pixels: Decode(file, target), Label: (byte)classes.IndexOf(ClassOf(file)))).Where(each => each.Pixels is not null).ToList();
        var order = Enumerable.Range(0, pictures.Count).OrderBy(index => index * 2_654_435_761L % (1L << 32)).ToList(); // mixes the classes
        var heldOut = order.Count / HoldOutOneIn;
        return Dataset.Of(
            Path.GetFileNameWithoutExtension(path), Set(order.Skip(heldOut).Take(limit).Select(index => pictures[index]).ToList(), shape),
            Set(order.Take(heldOut).Select(index => pictures[index]).ToList(), shape));
    }

    private static string ClassOf(ZipArchiveEntry file) => file.FullName.Split('/')[0];

    private static byte[]? Decode(ZipArchiveEntry file, PictureTarget target)
    {
        using var stream = file.Open();
        using var content = new MemoryStream();
        stream.CopyTo(content);
        try
        {
            return PictureDecoder.Decode(content.ToArray(), target, MaxPixels);
        }
        catch (PictureException)
        {
            return null; // not a picture
        }
    }

    private static ImageSet Set(List<(byte[]? Pixels, byte Label)> pictures, PictureShape shape) => new(
        [.. pictures.SelectMany(picture => picture.Pixels!)], [.. pictures.Select(picture => picture.Label)], pictures.Count, shape.Side, shape.Side, shape.Channels);
}
