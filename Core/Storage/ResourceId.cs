using System.Text.RegularExpressions;

namespace GanFunctions.Core.Storage;

/// <summary>Ids that users choose: names of runs and of data sets. They go into the names of blobs and rows as they are.</summary>
public static partial class ResourceId
{
    /// <summary>The regular expression that an id matches as a whole.</summary>
    public const string Pattern = "[a-z0-9-]{1,40}";

    /// <summary>Whether <paramref name="id"/> is a valid id.</summary>
    public static bool IsValid(string id) => Whole().IsMatch(id);

    [GeneratedRegex(@"\A" + Pattern + @"\z")]
    private static partial Regex Whole();
}
