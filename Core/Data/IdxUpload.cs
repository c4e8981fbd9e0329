using GanFunctions.Core.Pictures;


namespace GanFunctions.Core.Data;

/// <summary>The IDX files of an upload, not yet read.</summary>
/// <param name="Parts">The file of each part.</param>
public sealed record IdxUpload(IReadOnlyDictionary<IdxPart, IdxUpload.File> Parts)
{
    /// <summary>A file of an upload.</summary>
    /// <param name="Name">Its name, as the sender knows it.</param>
    /// <param name="Open">Opens the file; the reader closes it.</param>
    public sealed record File(string Name, Func<Stream> Open);

    /// <summary>Assigns files to parts by their names (<see cref="IdxParts.FromFileName"/>).</summary>
    /// <exception cref="IdxFormatException">A name is not recognised, or two files are the same part.</exception>
    public static IdxUpload FromFiles(IEnumerable<File> files)
    {
        var parts = new Dictionary<IdxPart, File>();
        foreach (var file in files)
        {
            var part = IdxParts.FromFileName(file.Name[(file.Name.LastIndexOf('/') + 1)..])
                ?? throw new IdxFormatException(file.Name, "its name is not recognised", ValidNames);
            if (!parts.TryAdd(part, file))
                throw new IdxFormatException(file.Name, $"it is the same part as {parts[part].Name}", "one file for each part");
        }
        return new IdxUpload(parts);
    }

    /// <summary>The valid names of files, for messages.</summary>
    public static string ValidNames =>
        string.Join(", ", Enum.GetValues<IdxPart>().Select(part => part.FileName()))
        + ", images, labels, test-images or test-labels, with or without .gz";
}

/// <summary>Reads all files of an upload and validates them.</summary>
internal static class IdxUploadReader
{
    /// <exception cref="IdxFormatException">
    /// A file is missing or damaged, the files do not match each other, or the networks do not support their shape.
    /// </exception>
    public static async Task<Dictionary<IdxPart, IdxArray>> ReadAsync(IdxUpload upload, long maxBytes, CancellationToken cancellation)
    {
        Require(upload, IdxPart.TrainImages);
        if (upload.Parts.ContainsKey(IdxPart.TestLabels)) Require(upload, IdxPart.TestImages);

        var parts = new Dictionary<IdxPart, IdxArray>();
        foreach (var (part, file) in upload.Parts.OrderBy(part => part.Key))
        {
            var array = await ReadAsync(file, maxBytes, cancellation);
            CheckShape(part, file.Name, array.Shape);
            parts[part] = array;
        }
        CheckCounts(upload, parts, IdxPart.TrainImages, IdxPart.TrainLabels);
        CheckCounts(upload, parts, IdxPart.TestImages, IdxPart.TestLabels);
        CheckSameShape(upload, parts);
        return parts;
    }

    private static async Task<IdxArray> ReadAsync(IdxUpload.File file, long maxBytes, CancellationToken cancellation)
    {
        try
        {
            await using var stream = file.Open();
            return await IdxReader.ReadAsync(stream, file.Name, maxBytes, cancellation);
        }
        catch (InvalidDataException damage)
        {
            throw new IdxFormatException(
                file.Name, $"it cannot be unpacked ({damage.Message.TrimEnd('.')})", "a complete zip archive", damage);
        }
    }

    private static void Require(IdxUpload upload, IdxPart part)
    {
        if (upload.Parts.ContainsKey(part)) return;
        throw new IdxFormatException(
            part.FileName(), "it is missing", $"pictures and optionally their labels: {IdxUpload.ValidNames}");
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
            throw new IdxFormatException(file, $"its pictures have {shape[1]} channels", string.Join(" or ", PictureShape.ChannelCounts));
    }

    private static void CheckSameShape(IdxUpload upload, Dictionary<IdxPart, IdxArray> parts)
    {
        var (train, test) = IdxParts.ToImages(parts);
        if (test is null || test.Shape == train.Shape) return;
        throw new IdxFormatException(
            upload.Parts[IdxPart.TestImages].Name, $"its pictures are {test.Shape}",
            $"{train.Shape}, the shape of {upload.Parts[IdxPart.TrainImages].Name}");
    }

    private static void CheckCounts(IdxUpload upload, Dictionary<IdxPart, IdxArray> parts, IdxPart images, IdxPart labels)
    {
        if (!parts.TryGetValue(labels, out var found) || parts[images].Shape[0] == found.Shape[0]) return;
        throw new IdxFormatException(upload.Parts[labels].Name,
            $"it has {found.Shape[0]} labels for the {parts[images].Shape[0]} pictures in {upload.Parts[images].Name}",
            "one label for each picture");
    }
}
