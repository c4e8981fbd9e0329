using GanFunctions.Core.Pictures;

namespace GanFunctions.Core.Data;

/// <summary>A part of a data set, stored as one IDX file.</summary>
public enum IdxPart
{
    /// <summary>Training pictures, <c>[count, height, width]</c> or <c>[count, channels, height, width]</c>.</summary>
    TrainImages,

    /// <summary>Labels of the training pictures, <c>[count]</c>.</summary>
    TrainLabels,

    /// <summary>Held-out pictures, <c>[count, height, width]</c> or <c>[count, channels, height, width]</c>.</summary>
    TestImages,

    /// <summary>Labels of the held-out pictures, <c>[count]</c>.</summary>
    TestLabels,
}

/// <summary>File names of the parts, and conversion between pictures and parts.</summary>
public static class IdxParts
{
    /// <summary>MNIST's file name of the part, without <c>.gz</c>.</summary>
    public static string FileName(this IdxPart part) => part switch
    {
        IdxPart.TrainImages => "train-images-idx3-ubyte",
        IdxPart.TrainLabels => "train-labels-idx1-ubyte",
        IdxPart.TestImages => "t10k-images-idx3-ubyte",
        _ => "t10k-labels-idx1-ubyte",
    };

    /// <summary>
    /// Recognises a part by its file name: MNIST's names, or <c>images</c>, <c>labels</c>, <c>test-images</c>, <c>test-labels</c>. Case is
    /// ignored; dots, dashes and underscores are equivalent; <c>-idx3-ubyte</c>, <c>.idx</c> and <c>.gz</c> are optional.
    /// </summary>
    /// <returns>The part; null for any other name.</returns>
    public static IdxPart? FromFileName(string fileName)
    {
        var name = fileName.ToLowerInvariant().Replace('.', '-').Replace('_', '-');
        foreach (var ending in (string[])["-gz", "-ubyte", "-idx", "-idx1", "-idx3"])
            if (name.EndsWith(ending, StringComparison.Ordinal)) name = name[..^ending.Length];
        return name switch
        {
            "train-images" or "images" => IdxPart.TrainImages,
            "train-labels" or "labels" => IdxPart.TrainLabels,
            "t10k-images" or "test-images" => IdxPart.TestImages,
            "t10k-labels" or "test-labels" => IdxPart.TestLabels,
            _ => null,
        };
    }

    /// <summary>The usual names of files, for messages.</summary>
    public static string ValidNames =>
        string.Join(", ", Enum.GetValues<IdxPart>().Select(FileName)) + ", images, labels, test-images or test-labels, with or without .gz";

    internal static Dictionary<IdxPart, IdxArray> Of(ImageSet train, ImageSet? test)
    {
        var parts = new Dictionary<IdxPart, IdxArray> { [IdxPart.TrainImages] = IdxArray.OfImages(train) };
        if (train.Labels is not null) parts[IdxPart.TrainLabels] = new IdxArray([train.Count], train.Labels);
        if (test is not null) parts[IdxPart.TestImages] = IdxArray.OfImages(test);
        if (test?.Labels is not null) parts[IdxPart.TestLabels] = new IdxArray([test.Count], test.Labels);
        return parts;
    }

    internal static (ImageSet Train, ImageSet? Test) ToImages(IReadOnlyDictionary<IdxPart, IdxArray> parts) =>
        (ImagesOf(parts, IdxPart.TrainImages, IdxPart.TrainLabels)!, ImagesOf(parts, IdxPart.TestImages, IdxPart.TestLabels));

    private static ImageSet? ImagesOf(IReadOnlyDictionary<IdxPart, IdxArray> parts, IdxPart images, IdxPart labels) =>
        parts.TryGetValue(images, out var pixels)
            ? new ImageSet(
                pixels.Data, parts.GetValueOrDefault(labels)?.Data, pixels.Shape[0], pixels.Shape[^2], pixels.Shape[^1],
                pixels.Shape is [_, var channels, _, _] ? channels : 1)
            : null;
}
