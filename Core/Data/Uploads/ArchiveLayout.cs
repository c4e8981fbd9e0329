using System.Text.RegularExpressions;

namespace GanFunctions.Core.Data.Uploads;

/// <summary>Split and class of a picture.</summary>
/// <param name="IsTest">Whether it is held out for testing.</param>
/// <param name="Label">Index of its class in <see cref="ArchiveLayout.ClassNames"/>; 0 if there are no classes.</param>
internal readonly record struct PicturePlace(bool IsTest, byte Label);

/// <summary>
/// Derives splits and classes from the paths of an archive. Outer folders without sibling folders are ignored. If the next level has a folder for
/// training and one for validation or testing, these are the splits, and the other folders of that level are skipped. Alternatively, each class
/// folder may contain the splits. Below the splits, or on the next level if there are none above the classes, each folder is a class; deeper
/// folders are ignored. Without class folders there are no labels. A label file takes precedence over the folders.
/// </summary>
/// <param name="ClassNames">Names of the classes in natural order (2 before 10), indexed by label; null if there are no labels.</param>
/// <param name="Places">Split and class of each file, in order; null for a file that is skipped.</param>
/// <param name="Problems">Why each skipped file is skipped, in order; null for the others.</param>
internal sealed partial record ArchiveLayout(IReadOnlyList<string>? ClassNames, IReadOnlyList<PicturePlace?> Places, IReadOnlyList<string?> Problems)
{
    /// <summary>The problem with a file outside the class folders.</summary>
    public const string NotInFolder = "it is not in a class folder, so its class is unknown";

    private const string NotInSplit = "it is outside the folders with the training and test pictures";
    private const string NotPicture = "it is not a picture, according to its name";
    private const int MaxClasses = byte.MaxValue + 1; // a label is a byte
    private const int MaxDigits = 20;

    /// <summary>Derives the layout from the paths of all files.</summary>
    /// <param name="paths">Relative paths with slashes.</param>
    /// <param name="labels">The label file of the archive; null if there is none.</param>
    /// <exception cref="UploadRefusedException">There are more classes than a label can represent.</exception>
    public static ArchiveLayout Of(IReadOnlyList<string> paths, LabelFile? labels = null)
    {
        var files = paths.Select(path => MayBePicture(path) ? path.Split('/') : null).ToList();
        var sorted = SortByFolder([.. files.OfType<string[]>()]);
        var found = files.Zip(paths).Select(file => file.First is null ? new Found(null, null, NotPicture) : Find(file.First, file.Second)).ToList();
        var names = found.Select(each => each.Class).OfType<string>().Distinct();
        List<string> classes = [.. names.OrderBy(Natural, StringComparer.Ordinal).ThenBy(name => name, StringComparer.Ordinal)];
        if (classes.Count > MaxClasses) throw new UploadRefusedException("the upload", $"it has {classes.Count} classes", $"at most {MaxClasses}");

        var indexes = classes.Index().ToDictionary(each => each.Item, each => (byte)each.Index);
        List<PicturePlace?> places = [.. found.Select(PlaceOf)];
        List<string?> problems = [.. found.Zip(places, (each, place) => place is null ? each.Problem ?? NotInFolder : null)];
        return new ArchiveLayout(classes.Count > 0 ? classes : null, places, problems);

        PicturePlace? PlaceOf(Found each)
        {
            if (each.IsTest is not { } isTest || (each.Class is null && classes.Count > 0)) return null;
            return new PicturePlace(isTest, each.Class is null ? (byte)0 : indexes[each.Class]);
        }

        Found Find(string[] segments, string path)
        {
            var place = sorted(segments);
            if (labels is null || place.Problem is not null) return place;
            if (!labels.HasLabels) return place with { Class = null };
            return labels.LabelOf(path) is { } label ? place with { Class = label } : new Found(null, null, $"{labels.Name} does not list it");
        }
    }

    /// <summary>Whether a file may be a picture, according to its name. Files without an extension may be pictures.</summary>
    public static bool MayBePicture(string path)
    {
        var name = path[(path.LastIndexOf('/') + 1)..];
        return !IsOtherExtension(Path.GetExtension(name).ToLowerInvariant()) && !IsOtherName(name.ToLowerInvariant());
    }

    private static bool IsOtherExtension(string extension) => extension
        is ".txt" or ".md" or ".rst" or ".csv" or ".tsv" or ".json" or ".jsonl" or ".xml" or ".yaml" or ".yml" or ".toml" or ".html" or ".htm" or ".pdf"
        or ".doc" or ".docx" or ".xls" or ".xlsx" or ".rtf" or ".py" or ".ipynb" or ".m" or ".mat" or ".npy" or ".npz" or ".pkl" or ".pt" or ".pth"
        or ".h5" or ".hdf5" or ".parquet" or ".arrow" or ".log" or ".ini" or ".cfg" or ".zip" or ".tar" or ".gz" or ".tgz" or ".rar" or ".7z" or ".mp3"
        or ".mp4" or ".avi" or ".mov" or ".wav" or ".db" or ".lnk" or ".url" or ".sh" or ".bat" or ".exe" or ".js" or ".css";

    private static bool IsOtherName(string name) => name
        is "readme" or "license" or "licence" or "copying" or "notice" or "changelog" or "authors" or "makefile" or "labels" or "classes";

    /// <summary>Whether the name of a file says that it holds test pictures.</summary>
    public static bool IsTest(string path) => SplitOf(path[(path.LastIndexOf('/') + 1)..]) == true;

    /// <summary>Returns a function that finds the split, the class folder (null if there is none) and the problem of a path.</summary>
    private static Func<string[], Found> SortByFolder(List<string[]> files)
    {
        var depth = 0;
        while (FoldersAt(files, depth) is [_]) (files, depth) = ([.. files.Where(file => file.Length > depth + 1)], depth + 1);
        var root = files.Count > 0 ? files[0][..depth] : [];
        var folders = FoldersAt(files, depth);

        if (AreSplits(folders))
        {
            // A split may have its own name again inside: train/train/cats, seg_train/seg_train/sea.
            var skipped = folders.ToDictionary(folder => folder, folder =>
                FoldersAt([.. files.Where(file => FolderAt(file, depth) == folder)], depth + 1) is [var only] && SplitOf(only) == SplitOf(folder) ? 1 : 0);
            return file => IsBelow(file) && FolderAt(file, depth) is { } folder && SplitOf(folder) is { } isTest
                ? new Found(isTest, FolderAt(file, depth + 1 + skipped[folder]), null)
                : new Found(null, null, NotInSplit);
        }

        var inner = FoldersAt(files, depth + 1);
        if (inner.Count > 0 && inner.TrueForAll(folder => SplitOf(folder) is not null) && AreSplits(inner))
        {
            return file => IsBelow(file) && FolderAt(file, depth + 1) is { } split
                ? new Found(SplitOf(split), FolderAt(file, depth), null)
                : new Found(null, null, NotInSplit);
        }
        return file => new Found(false, IsBelow(file) ? FolderAt(file, depth) : null, null);

        bool IsBelow(string[] file) => file.AsSpan().StartsWith(root);
    }

    /// <summary>A key that sorts 2 before 10: numbers padded to the same length.</summary>
    private static string Natural(string name) => Number().Replace(name, number => number.Value.PadLeft(MaxDigits, '0'));

    [GeneratedRegex("[0-9]+")]
    private static partial Regex Number();

    private static bool AreSplits(List<string> folders) =>
        folders.Exists(folder => SplitOf(folder) == false) && folders.Exists(folder => SplitOf(folder) == true);

    /// <summary>Whether the folder holds test pictures, by the words in its name; null if the name says neither or both.</summary>
    private static bool? SplitOf(string folder)
    {
        var words = folder.ToLowerInvariant().Split(['-', '_', ' ', '.', .. "0123456789"]);
        var isTrain = words.Any(word => word is "train" or "training" or "trn");
        var isTest = words.Any(word => word is "test" or "testing" or "tst" or "val" or "valid" or "validation" or "dev" or "eval" or "evaluation");
        return isTrain == isTest ? null : isTest;
    }

    private static List<string> FoldersAt(List<string[]> files, int depth) => [.. files.Select(file => FolderAt(file, depth)).OfType<string>().Distinct()];

    private static string? FolderAt(string[] file, int depth) => file.Length > depth + 1 ? file[depth] : null;

    private readonly record struct Found(bool? IsTest, string? Class, string? Problem);
}
