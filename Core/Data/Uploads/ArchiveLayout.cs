namespace GanFunctions.Core.Data.Uploads;

/// <summary>Where a picture belongs.</summary>
/// <param name="IsTest">It is held out.</param>
/// <param name="Label">Place of its class among <see cref="ArchiveLayout.ClassNames"/>, 0 where there are none.</param>
internal readonly record struct PicturePlace(bool IsTest, byte Label);

/// <summary>
/// What the folders of an archive say. Folders that hold all that is in folders are passed over; a pair <c>train</c> and <c>test</c>
/// divides the pictures; the next folder is the class, whatever lies below; without one there are no labels.
/// </summary>
/// <param name="ClassNames">Names of the classes by label, sorted ordinally; null where there are no labels.</param>
/// <param name="HasTest">Whether the pair is there.</param>
/// <param name="Places">For every file, in order; null for one that lies beside the folders.</param>
internal sealed record ArchiveLayout(IReadOnlyList<string>? ClassNames, bool HasTest, IReadOnlyList<PicturePlace?> Places)
{
    /// <summary>What is wrong with a file that has no place.</summary>
    public const string Beside = "it lies beside the folders, so that its class is not known";

    private const int MaxClasses = byte.MaxValue + 1; // a label is a byte

    /// <exception cref="UploadRefusedException">There are more classes than labels.</exception>
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
            throw new UploadRefusedException("the zip", $"it has {classes.Count} folders of pictures", $"at most {MaxClasses}, one for each class");
        List<string> sorted = [.. classes.Order(StringComparer.Ordinal)];
        var labels = sorted.Index().ToDictionary(each => each.Item, each => (byte)each.Index);
        return new ArchiveLayout(sorted.Count > 0 ? sorted : null, hasTest, [.. names.Select(PlaceOf)]);

        PicturePlace? PlaceOf(string name)
        {
            if (!hasTest) return PlaceBelow(prefix, name, isTest: false);
            return FolderAt(name, prefix) is { } half ? PlaceBelow($"{prefix}{half}/", name, IsTest(half)) : null;
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

    /// <summary>The folder that follows a prefix in a name, if the name has both.</summary>
    private static string? FolderAt(string name, string prefix)
    {
        if (!name.StartsWith(prefix, StringComparison.Ordinal)) return null;
        var end = name.IndexOf('/', prefix.Length);
        return end < 0 ? null : name[prefix.Length..end];
    }
}
