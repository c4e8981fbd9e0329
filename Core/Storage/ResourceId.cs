using System.Text.RegularExpressions;

namespace GanFunctions.Core.Storage;

/// <summary>Ids that users choose: names of runs and of data sets. They become parts of blob names and row keys without escaping.</summary>
public static partial class ResourceId
{
    /// <summary>The regular expression that a whole id must match.</summary>
    public const string Pattern = "[a-z0-9-]{1,40}";

    /// <summary>Whether <paramref name="id"/> is a valid id.</summary>
    public static bool IsValid(string id) => Whole().IsMatch(id);

    [GeneratedRegex(@"\A" + Pattern + @"\z")]
    private static partial Regex Whole();
}
