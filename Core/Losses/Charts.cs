using System.Globalization;
using System.Security;
using System.Text;
using NetVips;
using OxyPlot;
using OxyPlot.Annotations;
using OxyPlot.Axes;
using OxyPlot.Legends;
using OxyPlot.Series;

namespace GanFunctions.Core.Losses;

/// <summary>What charts are made of, in the colours of a theme.</summary>
internal static class ChartParts
{
    private const double Small = 12; // pixels, as all sizes here
    private const double Large = 18;
    private const int MarkedUpTo = 60; // points of a curve that are marked one by one

    /// <summary>A chart with a title and a legend below it, without axes.</summary>
    public static PlotModel Empty(string title, string? subtitle, ChartColours colours)
    {
        var chart = new PlotModel
        {
            Title = title,
            Subtitle = subtitle,
            TitleHorizontalAlignment = TitleHorizontalAlignment.CenteredWithinView,
            TitleFontSize = Large,
            TitlePadding = 4,
            TitleFontWeight = FontWeights.Normal,
            SubtitleFontSize = Small,
            DefaultFont = ChartRenderer.Fonts,
            DefaultFontSize = Small,
            Background = colours.Background,
            TextColor = colours.Ink,
            SubtitleColor = colours.Muted,
            PlotAreaBorderThickness = new OxyThickness(0),
            Padding = new OxyThickness(12, 12, 20, 8),
        };
        chart.Legends.Add(new Legend
        {
            LegendPlacement = LegendPlacement.Outside,
            LegendPosition = LegendPosition.TopCenter,
            LegendOrientation = LegendOrientation.Horizontal,
            LegendTextColor = colours.Ink,
            LegendFontSize = Small,
            LegendMargin = 4,
            LegendItemSpacing = 20,
        });
        return chart;
    }

    /// <summary>A chart that says why there is nothing to see.</summary>
    public static PlotModel Nothing(string title, string why, ChartColours colours)
    {
        var chart = Empty(title, null, colours);
        foreach (var position in (AxisPosition[])[AxisPosition.Bottom, AxisPosition.Left])
            chart.Axes.Add(new LinearAxis { Position = position, Minimum = -1, Maximum = 1, IsAxisVisible = false });
        chart.Annotations.Add(new TextAnnotation
        {
            Text = why,
            TextPosition = new DataPoint(0, 0),
            TextVerticalAlignment = VerticalAlignment.Middle,
            TextColor = colours.Muted,
            FontSize = Large,
            StrokeThickness = 0,
        });
        return chart;
    }

    /// <summary>An axis that runs upwards, through a part of the height: 0 is the bottom, 1 the top.</summary>
    public static Axis Upwards(this Axis axis, string key, ChartColours colours, double from = 0, double to = 1)
    {
        (axis.Key, axis.Position, axis.StartPosition, axis.EndPosition) = (key, AxisPosition.Left, from, to);
        return axis.Coloured(colours);
    }

    /// <summary>Epochs, along the bottom.</summary>
    public static Axis Epochs(double first, double last, ChartColours colours) => new LinearAxis
    {
        Position = AxisPosition.Bottom,
        Title = "epoch",
        Minimum = first,
        Maximum = last + (last - first) * 0.01, // room for half a marker
        MinimumMajorStep = last - first > 2 ? 1 : 0,
        IntervalLength = 70,
    }.Coloured(colours);

    /// <summary>Distances, upwards: logarithmic where they span a power of ten or more.</summary>
    public static Axis Distances(IReadOnlyCollection<double> values, string key, ChartColours colours, double from = 0, double to = 1)
    {
        var (least, most) = values.Count == 0 ? (0, 1) : (values.Min(), values.Max());
        Axis axis = least > 0 && most / least >= 10
            ? new DistanceAxis { Minimum = least / 1.5, Maximum = most * 1.5 }
            : new LinearAxis { Minimum = Math.Min(0, least), MaximumPadding = 0.1, IntervalLength = 40 };
        axis.Title = "Fréchet distance";
        return axis.Upwards(key, colours, from, to);
    }

    /// <summary>
    /// Adds a curve. A point that is not a number is a gap. Where there are many points to a column of pixels, its first, last, lowest
    /// and highest are drawn; where there are few in all, each is marked, else those between two gaps.
    /// </summary>
    public static void AddCurve(
        this PlotModel chart, string? name, OxyColor colour, string axis, IReadOnlyList<DataPoint> points, double thickness = 2)
    {
        var areFew = points.Count <= MarkedUpTo;
        var curve = new LineSeries
        {
            Title = name,
            Color = colour,
            YAxisKey = axis,
            StrokeThickness = thickness,
            LineJoin = LineJoin.Round,
            Decimator = Decimator.Decimate,
            MarkerType = areFew ? MarkerType.Circle : MarkerType.None,
            MarkerFill = colour,
            MarkerSize = thickness + 0.75,
        };
        curve.Points.AddRange(points);
        chart.Series.Add(curve);
        if (areFew) return;
        var lonely = new LineSeries { YAxisKey = axis, LineStyle = LineStyle.None, MarkerType = MarkerType.Circle, MarkerFill = colour, MarkerSize = thickness + 0.75 };
        lonely.Points.AddRange(points.Where((point, index) => point.IsDefined() && !IsDefined(index - 1) && !IsDefined(index + 1)));
        if (lonely.Points.Count > 0) chart.Series.Add(lonely);

        bool IsDefined(int index) => index >= 0 && index < points.Count && points[index].IsDefined();
    }

    /// <summary>A number with three digits, or with all those before the point.</summary>
    public static string Number(double value) => value.ToString(Math.Abs(value) < 1000 ? "G3" : "F0", CultureInfo.InvariantCulture);

    private static Axis Coloured(this Axis axis, ChartColours colours)
    {
        axis.AxislineStyle = LineStyle.Solid;
        (axis.AxislineColor, axis.TicklineColor, axis.TextColor, axis.TitleColor) = (colours.Muted, colours.Muted, colours.Muted, colours.Ink);
        (axis.MajorGridlineStyle, axis.MajorGridlineColor) = (LineStyle.Solid, colours.Grid);
        (axis.TickStyle, axis.MinorTickSize, axis.MajorTickSize) = (TickStyle.Outside, 0, 4);
        axis.AxisTitleDistance = 10;
        return axis;
    }
}

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

/// <summary>A logarithmic axis with numbers at 1, 2 and 5 of every power of ten, or at the powers alone where there are many.</summary>
internal sealed class DistanceAxis : LogarithmicAxis
{
    private const double ManyDecades = 3.5;

    /// <inheritdoc/>
    public override void GetTickValues(out IList<double> majorLabelValues, out IList<double> majorTickValues, out IList<double> minorTickValues)
    {
        var (lowest, highest) = (Math.Log10(ActualMinimum), Math.Log10(ActualMaximum));
        double[] leading = highest - lowest > ManyDecades ? [1] : [1, 2, 5];
        var first = (int)Math.Floor(lowest);
        var values = Enumerable.Range(first, (int)Math.Ceiling(highest) - first + 1)
            .SelectMany(power => leading.Select(digit => digit * Math.Pow(10, power)))
            .Where(value => value >= ActualMinimum && value <= ActualMaximum)
            .ToList();
        (majorLabelValues, majorTickValues, minorTickValues) = (values, values, []);
    }

    /// <inheritdoc/>
    protected override string FormatValueOverride(double x) => ChartParts.Number(x);
}

/// <summary>
/// Charts as SVG and PNG. The PNG is the SVG as libvips sees it, so that both show the same; it is lettered with the font that comes along,
/// since a server may have none.
/// </summary>
public sealed class ChartRenderer
{
    /// <summary>As wide, letter by letter, as the fonts that are named behind it.</summary>
    internal const string Fonts = "Arimo, Arial, Liberation Sans, Helvetica, sans-serif";

    private readonly Lazy<bool> _fontIsLoaded = new(LoadFont);

    /// <summary>Draws a chart's SVG.</summary>
    /// <param name="svg">The SVG.</param>
    public byte[] Png(string svg)
    {
        _ = _fontIsLoaded.Value;
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
    private static bool LoadFont()
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
