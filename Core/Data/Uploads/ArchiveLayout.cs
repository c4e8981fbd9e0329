namespace GanFunctions.Core.Data.Uploads;

/// <summary>Split and class of a picture.</summary>
/// <param name="IsTest">Whether it is held out for testing.</param>
/// <param name="Label">Index of its class in <see cref="ArchiveLayout.ClassNames"/>; 0 if there are no classes.</param>
internal readonly record struct PicturePlace(bool IsTest, byte Label);

/// <summary>
/// Derives splits and classes from the folders of an archive. Outer folders without sibling folders are skipped. If the next folders are
/// <c>train</c> and <c>test</c>, they split the pictures. The folder below is the class; deeper folders are ignored. Without class folders
/// there are no labels.
/// </summary>
/// <param name="ClassNames">Names of the classes in ordinal order, indexed by label; null if there are no labels.</param>
/// <param name="HasTest">Whether the archive has folders <c>train</c> and <c>test</c>.</param>
/// <param name="Places">Split and class of each file, in order; null for a file outside the class folders.</param>
internal sealed record ArchiveLayout(IReadOnlyList<string>? ClassNames, bool HasTest, IReadOnlyList<PicturePlace?> Places)
{
    /// <summary>The problem with a file outside the class folders.</summary>
    public const string NotInFolder = "it is not in a class folder, so its class is unknown";

    private const int MaxClasses = byte.MaxValue + 1; // a label is a byte

    /// <summary>Derives the layout from the paths of all files.</summary>
    /// <exception cref="UploadRefusedException">There are more classes than a label can represent.</exception>
    public static ArchiveLayout Of(IReadOnlyList<string> names)
    {
        var prefix = "";
        var folders = FoldersAt(names, prefix);
        while (folders.Count == 1)
        {
            prefix += folders.Single() + "/";
            folders = FoldersAt(names, prefix);
        }
        var hasTest = folders.Count == 2 && folders.Any(IsTrain) && folders.Any(IsTest);
        if (folders.Count == 0) return new ArchiveLayout(null, false, [.. names.Select(PicturePlace? (_) => new PicturePlace(false, 0))]);

        var classes = hasTest ? folders.SelectMany(folder => FoldersAt(names, $"{prefix}{folder}/")).ToHashSet() : folders;
        if (classes.Count > MaxClasses)
            throw new UploadRefusedException("the zip", $"it has {classes.Count} class folders", $"at most {MaxClasses}");
        List<string> sorted = [.. classes.Order(StringComparer.Ordinal)];
        var labels = sorted.Index().ToDictionary(each => each.Item, each => (byte)each.Index);
        return new ArchiveLayout(sorted.Count > 0 ? sorted : null, hasTest, [.. names.Select(PlaceOf)]);

        PicturePlace? PlaceOf(string name)
        {
            if (!hasTest) return PlaceBelow(prefix, name, isTest: false);
            return FolderAt(name, prefix) is { } split ? PlaceBelow($"{prefix}{split}/", name, IsTest(split)) : null;
        }

        PicturePlace? PlaceBelow(string root, string name, bool isTest)
        {
            if (labels.Count == 0) return new PicturePlace(isTest, 0);
            return FolderAt(name, root) is { } folder ? new PicturePlace(isTest, labels[folder]) : null;
        }
    }

    private static bool IsTrain(string folder) => folder.Equals("train", StringComparison.OrdinalIgnoreCase);

    private static bool IsTest(string folder) => folder.Equals("test", StringComparison.OrdinalIgnoreCase);

    private static HashSet<string> FoldersAt(IReadOnlyList<string> names, string prefix) =>
        [.. names.Select(name => FolderAt(name, prefix)).OfType<string>()];

    /// <summary>The folder after a prefix in a path; null if the path does not have the prefix and a folder.</summary>
    private static string? FolderAt(string name, string prefix)
    {
        if (!name.StartsWith(prefix, StringComparison.Ordinal)) return null;
        var end = name.IndexOf('/', prefix.Length);
        return end < 0 ? null : name[prefix.Length..end];
    }
}
