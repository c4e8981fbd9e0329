using System.Text.RegularExpressions;

namespace GanFunctions.Browser.Tests;

/// <summary>Screenshots of the views for manual inspection, in the folder that GANFUNCTIONS_SCREENSHOTS names; none without it.</summary>
internal static partial class Screenshots
{
    private static readonly string? Folder = Environment.GetEnvironmentVariable("GANFUNCTIONS_SCREENSHOTS");

    public static async Task StoreScreenshotAsync(this IPage page, string view, string layout, bool fullPage = false)
    {
        if (Folder is null) return;
        var name = $"{NonWord().Replace(view.Length == 0 ? "home" : view, "-")}-{layout}.png";
        await page.ScreenshotAsync(new() { FullPage = fullPage, Path = Path.Combine(Folder, name) });
    }

    [GeneratedRegex("[^a-z0-9]+")]
    private static partial Regex NonWord();
}
