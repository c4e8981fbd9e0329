using System.Text.RegularExpressions;

namespace GanFunctions.Browser.Tests;

/// <summary>Where pictures of the views go, to be looked at.</summary>
internal static partial class Screenshots
{
    private static readonly string Folder = Environment.GetEnvironmentVariable("GANFUNCTIONS_SCREENSHOTS") ?? Path.Combine(AppContext.BaseDirectory, "screenshots");

    public static string PathOf(string view, string way) => Path.Combine(Folder, $"{NoWord().Replace(view.Length == 0 ? "home" : view, "-")}-{way}.png");

    [GeneratedRegex("[^a-z0-9]+")]
    private static partial Regex NoWord();
}
