namespace GanFunctions.Architecture.Tests;

internal static class Violations
{
    /// <summary>Names all of them if there are any; Assert.Empty would truncate the names.</summary>
    public static void AssertNone(IEnumerable<string> violations)
    {
        var all = violations.ToList();
        Assert.True(all.Count == 0, string.Join('\n', all));
    }
}
