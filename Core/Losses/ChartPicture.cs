using System.Globalization;
using System.Security;
using System.Text;
using GanFunctions.Core.Pictures;
using NetVips;
using OxyPlot;

namespace GanFunctions.Core.Losses;

/// <summary>
/// Charts as SVG and PNG. The PNG is the SVG as libvips sees it, so that both show the same; it is lettered with the font that comes along,
/// since a server may have none.
/// </summary>
public static class ChartPicture
{
    /// <summary>As wide, letter by letter, as the fonts that are named behind it.</summary>
    internal const string Fonts = "Arimo, Arial, Liberation Sans, Helvetica, sans-serif";

    private static readonly Lazy<bool> FontIsKnown = new(LearnFont);

    /// <summary>Draws a chart's SVG.</summary>
    /// <param name="svg">The SVG.</param>
    public static byte[] Png(string svg)
    {
        _ = FontIsKnown.Value;
        using var drawn = Image.SvgloadBuffer(Encoding.UTF8.GetBytes(svg));
        using var opaque = drawn.Flatten();
        return opaque.PngsaveBuffer(compression: 6, keep: Enums.ForeignKeep.None);
    }

    /// <summary>Draws a chart.</summary>
    /// <param name="chart">The chart, in the colours of <paramref name="theme"/>.</param>
    /// <param name="theme">Its theme.</param>
    /// <param name="width">Pixels.</param>
    /// <param name="height">Pixels.</param>
    /// <exception cref="InvalidOperationException">The chart cannot be drawn.</exception>
    internal static string Svg(PlotModel chart, ChartTheme theme, int width, int height)
    {
        var svg = new SvgExporter { Width = width, Height = height, TextMeasurer = new TextMeasurer() }.ExportToString(chart);
        if (chart.GetLastPlotException() is { } problem) throw new InvalidOperationException("The chart cannot be drawn.", problem);
        // OxyPlot names no box, without which a browser cuts the picture off instead of scaling it, and a document type, which only full documents want.
        var shapes = svg.IndexOf('>', svg.IndexOf("<svg", StringComparison.Ordinal)) + 1;
        return $"""
            <svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" role="img">
            <title>{SecurityElement.Escape(chart.Title)}</title>
            {(theme == ChartTheme.Viewer ? DarkStyle() : "")}{svg[shapes..]}
            """;
    }

    /// <summary>Exchanges every colour of the light theme for the dark one's, where the viewer asks for dark.</summary>
    private static string DarkStyle()
    {
        var style = new StringBuilder("<style>@media (prefers-color-scheme: dark) {");
        foreach (var (light, dark) in ChartColours.Light.All.Zip(ChartColours.Dark.All))
        {
            var (from, to) = (Css(light), Css(dark));
            style.Append(CultureInfo.InvariantCulture, $" [fill=\"{from}\"], [style*=\"fill:{from}\"] {{ fill: {to} !important }}");
            style.Append(CultureInfo.InvariantCulture, $" [style*=\"stroke:{from}\"] {{ stroke: {to} !important }}");
        }
        return style.Append(" }</style>").ToString();
    }

    /// <summary>A colour as the SVG writes it.</summary>
    private static string Css(OxyColor colour) => $"rgb({colour.R},{colour.G},{colour.B})";

    /// <summary>Text that is drawn from a file makes its font known to the library that letters SVGs too, for as long as the process lives.</summary>
    private static bool LearnFont()
    {
        using var text = Image.Text("D(x)", font: "Arimo", fontfile: Path.Combine(AppContext.BaseDirectory, "Fonts", "Arimo-Regular.ttf"));
        return text.Width > 0;
    }

    /// <summary>Measures text, in pixels, by Arial's widths, which OxyPlot knows for its PDFs; there it takes pixels and gives points.</summary>
    private sealed class TextMeasurer() : PdfRenderContext(1, 1, OxyColors.Undefined)
    {
        private const double PointsPerPixel = 0.75;

        public override OxySize MeasureText(string text, string fontFamily, double fontSize, double fontWeight) =>
            base.MeasureText(text, fontFamily, fontSize / PointsPerPixel, fontWeight);
    }
}
