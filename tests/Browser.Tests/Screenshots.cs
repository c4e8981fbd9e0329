using System.Text.RegularExpressions;

namespace GanFunctions.Browser.Tests;

/// <summary>The screenshots of the views, for manual inspection.</summary>
internal static partial class Screenshots
{
    private static readonly string Folder =
        Environment.GetEnvironmentVariable("GANFUNCTIONS_SCREENSHOTS") ?? Path.Combine(AppContext.BaseDirectory, "screenshots");

    public static string PathOf(string view, string layout) => Path.Combine(Folder, $"{NonWord().Replace(view.Length == 0 ? "home" : view, "-")}-{layout}.png");

    [GeneratedRegex("[^a-z0-9]+")]
    private static partial Regex NonWord();
}
