using OxyPlot;

namespace GanFunctions.Core.Losses;

/// <summary>The background that a chart is made for.</summary>
public enum ChartTheme
{
    /// <summary>Light.</summary>
    Light,

    /// <summary>Dark.</summary>
    Dark,

    /// <summary>What whoever looks at it prefers, where the format can ask (SVG, by <c>prefers-color-scheme</c>); else light.</summary>
    Viewer,
}

/// <summary>The colours of a theme, no two alike. Each stands out from its background by 4.5 to 1 or more, but for the grid.</summary>
/// <param name="Background">Behind everything.</param>
/// <param name="Ink">Titles.</param>
/// <param name="Muted">Numbers at the axes, and lines to compare with.</param>
/// <param name="Grid">Lines of the grid.</param>
/// <param name="Curves">Curves, in the order in which they are taken.</param>
internal sealed record ChartColours(OxyColor Background, OxyColor Ink, OxyColor Muted, OxyColor Grid, IReadOnlyList<OxyColor> Curves)
{
    public static readonly ChartColours Light = Parse("#ffffff", "#1f2328", "#59636e", "#e3e6ea", "#0969da", "#bc4c00", "#1a7f37", "#bf3989", "#6639ba", "#0a7480");

    public static readonly ChartColours Dark = Parse("#0d1117", "#e6edf3", "#9198a1", "#2a3038", "#58a6ff", "#f0883e", "#3fb950", "#f778ba", "#bc8cff", "#39c5cf");

    public static ChartColours Of(ChartTheme theme) => theme == ChartTheme.Dark ? Dark : Light;

    /// <summary>All of them, in the same order for every theme.</summary>
    public IEnumerable<OxyColor> All => [Background, Ink, Muted, Grid, .. Curves];

    private static ChartColours Parse(params string[] colours)
    {
        var parsed = colours.Select(OxyColor.Parse).ToArray();
        return new(parsed[0], parsed[1], parsed[2], parsed[3], parsed[4..]);
    }
}
