using System.Text.RegularExpressions;

namespace GanFunctions.Core.Runs;

/// <summary>Ids of runs.</summary>
public static partial class RunId
{
    /// <summary>What an id matches.</summary>
    public const string Pattern = "[a-z0-9-]{1,40}";

    /// <summary>Whether <paramref name="run"/> can be one. Nothing else gets into the name of a blob or a row.</summary>
    public static bool IsValid(string run) => Whole().IsMatch(run);

    [GeneratedRegex(@"\A" + Pattern + @"\z")]
    private static partial Regex Whole();
}
