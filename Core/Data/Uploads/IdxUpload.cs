using System.IO.Compression;
using GanFunctions.Core.Pictures;

namespace GanFunctions.Core.Data.Uploads;

/// <summary>The IDX files of an upload, not yet read.</summary>
/// <param name="Parts">The files of each part. Several files of a part must be identical copies.</param>
/// <param name="Others">Files that are ignored.</param>
internal sealed record IdxUpload(ILookup<IdxPart, ArchiveFile> Parts, IReadOnlyList<FileProblem> Others)
{
    private const int HeaderSize = 4;
    private const int Peeked = 512; // of a gzip file; enough to unpack the header

    /// <summary>
    /// Finds the IDX files of an archive by their content. If the name of a file does not identify the part, the number of dimensions
    /// distinguishes pictures from labels, and a word in the file or folder name identifies the test set. If no file has the content of an IDX
    /// file, those with the names of IDX files are taken, so that errors in them are reported.
    /// </summary>
    /// <returns>The IDX files; null if the archive has none, or also contains picture files.</returns>
    public static async Task<IdxUpload?> FindAsync(IReadOnlyList<ArchiveFile> files, CancellationToken cancellation)
    {
        List<(ArchiveFile File, IdxPart Part)> found = [];
        foreach (var file in files.Where(HasName))
        {
            if (PartOf(file, await DimensionsOfAsync(file, cancellation)) is { } part) found.Add((file, part));
        }
        if (found.Count == 0)
            found = [.. from file in files let part = IdxParts.FromFileName(NameOf(file)) where part is not null select (file, part.Value)];
        if (found.Count == 0 || (files.Count > found.Count && files.Any(IsPicture))) return null;
        var others = files.Except(found.Select(each => each.File)).Select(file => new FileProblem(file.Path, "it is not an IDX file"));
        return new IdxUpload(found.ToLookup(each => each.Part, each => each.File), [.. others]);
    }

    private static bool HasName(ArchiveFile file) =>
        NameOf(file) is var name && (IdxParts.FromFileName(name) is not null
            || name.Contains("idx", StringComparison.OrdinalIgnoreCase) || name.Contains("ubyte", StringComparison.OrdinalIgnoreCase));

    private static bool IsPicture(ArchiveFile file) => Path.GetExtension(file.Path).ToLowerInvariant()
        is ".png" or ".jpg" or ".jpeg" or ".webp" or ".gif" or ".bmp" or ".tif" or ".tiff" or ".avif" or ".heic" or ".pgm" or ".ppm";

    private static string NameOf(ArchiveFile file) => file.Path[(file.Path.LastIndexOf('/') + 1)..];

    private static IdxPart? PartOf(ArchiveFile file, int? dimensions)
    {
        if (dimensions is null) return null;
        if (IdxParts.FromFileName(NameOf(file)) is { } named) return named;
        var path = file.Path.ToLowerInvariant();
        var name = NameOf(file).ToLowerInvariant();
        var isTest = name.Contains("train") ? false : IsTest(name) || IsTest(path);
        return dimensions == 1
            ? isTest ? IdxPart.TestLabels : IdxPart.TrainLabels
            : isTest ? IdxPart.TestImages : IdxPart.TrainImages;

        static bool IsTest(string text) => text.Contains("test") || text.Contains("t10k") || text.Contains("valid");
    }

    /// <summary>The number of dimensions in the header of an IDX file, compressed or not; null for any other file.</summary>
    private static async Task<int?> DimensionsOfAsync(ArchiveFile file, CancellationToken cancellation)
    {
        var start = await file.PeekAsync(Peeked, cancellation);
        if (start is [0x1f, 0x8b, ..])
        {
            try
            {
                await using var gzip = new GZipStream(new MemoryStream(start), CompressionMode.Decompress);
                var header = new byte[HeaderSize];
                await gzip.ReadExactlyAsync(header, cancellation);
                start = header;
            }
            catch (Exception damage) when (damage is InvalidDataException or EndOfStreamException)
            {
                return null;
            }
        }
        return start is [0, 0, >= 8 and <= 14, >= 1 and <= 4, ..] ? start[3] : null;
    }
}

/// <summary>Reads all files of an upload and validates them.</summary>
internal static class IdxUploadReader
{
    /// <param name="upload">The files.</param>
    /// <param name="maxBytes">Maximum size of a file.</param>
    /// <param name="transpose">Whether to swap the rows and columns of pictures.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    /// <exception cref="IdxFormatException">
    /// A file is missing or damaged, the files do not match each other, or the networks do not support their shape.
    /// </exception>
    public static async Task<Dictionary<IdxPart, IdxArray>> ReadAsync(IdxUpload upload, long maxBytes, bool transpose, CancellationToken cancellation)
    {
        Require(upload, IdxPart.TrainImages);
        if (upload.Parts.Contains(IdxPart.TestLabels)) Require(upload, IdxPart.TestImages);

        var parts = new Dictionary<IdxPart, IdxArray>();
        foreach (var files in upload.Parts.OrderBy(part => part.Key))
        {
            var array = await ReadAsync(files.First(), maxBytes, cancellation);
            CheckShape(files.Key, files.First().Path, array.Shape);
            foreach (var copy in files.Skip(1)) await CheckSameAsync(array, files.First().Path, copy, maxBytes, cancellation);
            parts[files.Key] = transpose && array.Shape.Length > 1 ? Transposed(array) : array;
        }
        foreach (var array in parts.Values.Where(array => array.Shape.Length == 4)) Pixels.Premultiply(array.Data, new(array.Shape[^1], array.Shape[1]));
        CheckCounts(upload, parts, IdxPart.TrainImages, IdxPart.TrainLabels);
        CheckCounts(upload, parts, IdxPart.TestImages, IdxPart.TestLabels);
        CheckSameShape(upload, parts);
        return parts;
    }

    private static async Task<IdxArray> ReadAsync(ArchiveFile file, long maxBytes, CancellationToken cancellation)
    {
        try
        {
            using var stream = new MemoryStream(await file.ReadAsync(cancellation));
            return await IdxReader.ReadAsync(stream, file.Path, maxBytes, cancellation);
        }
        catch (InvalidDataException damage)
        {
            throw new IdxFormatException(file.Path, damage.Message, "a complete zip archive", damage);
        }
    }

    private static async Task CheckSameAsync(IdxArray first, string name, ArchiveFile copy, long maxBytes, CancellationToken cancellation)
    {
        var second = await ReadAsync(copy, maxBytes, cancellation);
        if (second.Shape.SequenceEqual(first.Shape) && second.Data.AsSpan().SequenceEqual(first.Data)) return;
        throw new IdxFormatException(copy.Path, $"it is the same part as {name} but has different content", "the files of one data set, one for each part");
    }

    // Shapes are square, so the shape stays as it is.
    private static IdxArray Transposed(IdxArray array)
    {
        var (side, size) = (array.Shape[^1], array.Shape[^1] * array.Shape[^1]);
        var data = new byte[array.Data.Length];
        for (var at = 0; at < data.Length; at++)
        {
            var (plane, row, column) = (at / size * size, at % size / side, at % side);
            data[plane + column * side + row] = array.Data[at];
        }
        return array with { Data = data };
    }

    private static void Require(IdxUpload upload, IdxPart part)
    {
        if (upload.Parts.Contains(part)) return;
        throw new IdxFormatException(
            part.FileName(), "it is missing", $"pictures and optionally their labels: {IdxParts.ValidNames}");
    }

    private static void CheckShape(IdxPart part, string file, int[] shape)
    {
        var images = part is IdxPart.TrainImages or IdxPart.TestImages;
        if (images ? shape.Length is not (3 or 4) : shape.Length != 1)
        {
            throw new IdxFormatException(file, $"it has {shape.Length} dimensions ({string.Join('x', shape)})",
                images ? "three for pictures (count, height, width) or four (count, channels, height, width)" : "one for labels (count)");
        }

        if (!images) return;
        if (shape[^1] != shape[^2] || !PictureShape.Sides.Contains(shape[^1]))
        {
            throw new IdxFormatException(file, $"its pictures are {shape[^1]} pixels wide and {shape[^2]} high",
                $"one of the supported sizes {string.Join(", ", PictureShape.Sides.Select(side => $"{side}x{side}"))}");
        }
        if (shape.Length == 4 && !PictureShape.ChannelCounts.Contains(shape[1]))
            throw new IdxFormatException(file, $"its pictures have {shape[1]} channels", $"one of {string.Join(", ", PictureShape.ChannelCounts)}");
    }

    private static void CheckSameShape(IdxUpload upload, Dictionary<IdxPart, IdxArray> parts)
    {
        var (train, test) = IdxParts.ToImages(parts);
        if (test is null || test.Shape == train.Shape) return;
        throw new IdxFormatException(
            upload.Parts[IdxPart.TestImages].First().Path, $"its pictures are {test.Shape}",
            $"{train.Shape}, the shape of {upload.Parts[IdxPart.TrainImages].First().Path}");
    }

    private static void CheckCounts(IdxUpload upload, Dictionary<IdxPart, IdxArray> parts, IdxPart images, IdxPart labels)
    {
        if (!parts.TryGetValue(labels, out var found) || parts[images].Shape[0] == found.Shape[0]) return;
        throw new IdxFormatException(upload.Parts[labels].First().Path,
            $"it has {found.Shape[0]} labels for the {parts[images].Shape[0]} pictures in {upload.Parts[images].First().Path}",
            "one label for each picture");
    }
}
