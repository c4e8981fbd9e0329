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

/// <summary>Building blocks of charts, in the colours of a theme.</summary>
internal static class ChartParts
{
    private const double SmallFont = 12; // in pixels, like all sizes here
    private const double LargeFont = 18;
    private const int MaxMarkedPoints = 60; // a curve with more points has no markers

    /// <summary>A chart with a title and a legend above the plot, without axes.</summary>
    public static PlotModel Empty(string title, string? subtitle, ChartColours colours)
    {
        var chart = new PlotModel
        {
            Title = title,
            Subtitle = subtitle,
            TitleHorizontalAlignment = TitleHorizontalAlignment.CenteredWithinView,
            TitleFontSize = LargeFont,
            TitlePadding = 4,
            TitleFontWeight = FontWeights.Normal,
            SubtitleFontSize = SmallFont,
            DefaultFont = ChartRenderer.Fonts,
            DefaultFontSize = SmallFont,
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
            LegendFontSize = SmallFont,
            LegendMargin = 4,
            LegendItemSpacing = 20,
        });
        return chart;
    }

    /// <summary>A chart without data, with a message in its place.</summary>
    public static PlotModel Placeholder(string title, string message, ChartColours colours)
    {
        var chart = Empty(title, null, colours);
        foreach (var position in (AxisPosition[])[AxisPosition.Bottom, AxisPosition.Left])
            chart.Axes.Add(new LinearAxis { Position = position, Minimum = -1, Maximum = 1, IsAxisVisible = false });
        chart.Annotations.Add(new TextAnnotation
        {
            Text = message,
            TextPosition = new DataPoint(0, 0),
            TextVerticalAlignment = VerticalAlignment.Middle,
            TextColor = colours.Muted,
            FontSize = LargeFont,
            StrokeThickness = 0,
        });
        return chart;
    }

    /// <summary>Makes an axis vertical. It covers a part of the height, where 0 is the bottom and 1 the top.</summary>
    public static Axis Vertical(this Axis axis, string key, ChartColours colours, double from = 0, double to = 1)
    {
        (axis.Key, axis.Position, axis.StartPosition, axis.EndPosition) = (key, AxisPosition.Left, from, to);
        return axis.Coloured(colours);
    }

    /// <summary>A horizontal axis of epochs.</summary>
    public static Axis Epochs(double first, double last, ChartColours colours) => new LinearAxis
    {
        Position = AxisPosition.Bottom,
        Title = "epoch",
        Minimum = first,
        Maximum = last + (last - first) * 0.01, // room for half a marker
        MinimumMajorStep = last - first > 2 ? 1 : 0,
        IntervalLength = 70,
    }.Coloured(colours);

    /// <summary>A vertical axis of distances, logarithmic if they span a factor of ten or more.</summary>
    public static Axis Distances(IReadOnlyCollection<double> values, string key, ChartColours colours, double from = 0, double to = 1)
    {
        var (min, max) = values.Count == 0 ? (0, 1) : (values.Min(), values.Max());
        Axis axis = min > 0 && max / min >= 10
            ? new DistanceAxis { Minimum = min / 1.5, Maximum = max * 1.5 }
            : new LinearAxis { Minimum = Math.Min(0, min), MaximumPadding = 0.1, IntervalLength = 40 };
        axis.Title = "Fréchet distance";
        return axis.Vertical(key, colours, from, to);
    }

    /// <summary>
    /// Adds a curve. A NaN point is a gap. If many points share a column of pixels, only the first, last, lowest and highest of them are
    /// drawn. A curve of few points has a marker at each; otherwise only points between two gaps have one, because no line would show them.
    /// </summary>
    public static void AddCurve(
        this PlotModel chart, string? name, OxyColor colour, string axis, IReadOnlyList<DataPoint> points, double thickness = 2)
    {
        var isMarked = points.Count <= MaxMarkedPoints;
        var curve = new LineSeries
        {
            Title = name,
            Color = colour,
            YAxisKey = axis,
            StrokeThickness = thickness,
            LineJoin = LineJoin.Round,
            Decimator = Decimator.Decimate,
            MarkerType = isMarked ? MarkerType.Circle : MarkerType.None,
            MarkerFill = colour,
            MarkerSize = thickness + 0.75,
        };
        curve.Points.AddRange(points);
        chart.Series.Add(curve);
        if (isMarked) return;
        var isolated = new LineSeries
        {
            YAxisKey = axis,
            LineStyle = LineStyle.None,
            MarkerType = MarkerType.Circle,
            MarkerFill = colour,
            MarkerSize = thickness + 0.75,
        };
        isolated.Points.AddRange(points.Where((point, index) => point.IsDefined() && !IsDefined(index - 1) && !IsDefined(index + 1)));
        if (isolated.Points.Count > 0) chart.Series.Add(isolated);

        bool IsDefined(int index) => index >= 0 && index < points.Count && points[index].IsDefined();
    }

    /// <summary>A number with three significant digits, or rounded to an integer if it has more digits before the decimal point.</summary>
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

/// <summary>The colour theme of a chart.</summary>
public enum ChartTheme
{
    /// <summary>Dark on a light background.</summary>
    Light,

    /// <summary>Light on a dark background.</summary>
    Dark,

    /// <summary>The viewer's preferred theme if the format supports it (SVG, by <c>prefers-color-scheme</c>); otherwise light.</summary>
    Viewer,
}

/// <summary>The colours of a theme, all different. Except for the grid, their contrast with the background is at least 4.5:1.</summary>
/// <param name="Background">Background.</param>
/// <param name="Ink">Titles.</param>
/// <param name="Muted">Axis labels and reference lines.</param>
/// <param name="Grid">Grid lines.</param>
/// <param name="Curves">Curves, in order of use.</param>
internal sealed record ChartColours(OxyColor Background, OxyColor Ink, OxyColor Muted, OxyColor Grid, IReadOnlyList<OxyColor> Curves)
{
    public static readonly ChartColours Light = Parse(
        "#ffffff", "#1f2328", "#59636e", "#e3e6ea", "#0969da", "#bc4c00", "#1a7f37", "#bf3989", "#6639ba", "#0a7480");

    public static readonly ChartColours Dark = Parse(
        "#0d1117", "#e6edf3", "#9198a1", "#2a3038", "#58a6ff", "#f0883e", "#3fb950", "#f778ba", "#bc8cff", "#39c5cf");

    public static ChartColours Of(ChartTheme theme) => theme == ChartTheme.Dark ? Dark : Light;

    /// <summary>All colours, in the same order for every theme.</summary>
    public IEnumerable<OxyColor> All => [Background, Ink, Muted, Grid, .. Curves];

    private static ChartColours Parse(params string[] colours)
    {
        var parsed = colours.Select(OxyColor.Parse).ToArray();
        return new(parsed[0], parsed[1], parsed[2], parsed[3], parsed[4..]);
    }
}

/// <summary>A logarithmic axis with ticks at 1, 2 and 5 times every power of ten, or at the powers only if there are many.</summary>
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
/// Renders charts as SVG and PNG. The PNG is rendered from the SVG by libvips, so that both look the same. It uses the bundled font,
/// because a server may have no fonts.
/// </summary>
public sealed class ChartRenderer
{
    /// <summary>The bundled font and its metric-compatible alternatives, whose characters have the same widths.</summary>
    internal const string Fonts = "Arimo, Arial, Liberation Sans, Helvetica, sans-serif";

    private readonly Lazy<bool> _fontIsLoaded = new(LoadFont);

    /// <summary>Renders a chart as PNG.</summary>
    /// <param name="svg">The chart as SVG.</param>
    public byte[] Png(string svg)
    {
        _ = _fontIsLoaded.Value;
        using var rendered = Image.SvgloadBuffer(Encoding.UTF8.GetBytes(svg));
        using var opaque = rendered.Flatten();
        return opaque.PngsaveBuffer(compression: 6, keep: Enums.ForeignKeep.None);
    }

    /// <summary>Renders a chart as SVG.</summary>
    /// <param name="chart">The chart, in the colours of <paramref name="theme"/>.</param>
    /// <param name="theme">The theme.</param>
    /// <param name="width">Width in pixels.</param>
    /// <param name="height">Height in pixels.</param>
    /// <exception cref="InvalidOperationException">The chart cannot be drawn.</exception>
    internal static string Svg(PlotModel chart, ChartTheme theme, int width, int height)
    {
        var svg = new SvgExporter { Width = width, Height = height, TextMeasurer = new TextMeasurer() }.ExportToString(chart);
        if (chart.GetLastPlotException() is { } problem) throw new InvalidOperationException("The chart cannot be drawn.", problem);
        // OxyPlot writes a document type, which SVG embedded in HTML must not have, and no viewBox, without which browsers crop the picture
        // instead of scaling it.
        var shapes = svg.IndexOf('>', svg.IndexOf("<svg", StringComparison.Ordinal)) + 1;
        return $"""
            <svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" role="img">
            <title>{SecurityElement.Escape(chart.Title)}</title>
            {(theme == ChartTheme.Viewer ? DarkStyle() : "")}{svg[shapes..]}
            """;
    }

    /// <summary>CSS that replaces every light colour with the dark one if the viewer prefers dark.</summary>
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

    /// <summary>A colour in the notation of the SVG.</summary>
    private static string Css(OxyColor colour) => $"rgb({colour.R},{colour.G},{colour.B})";

    /// <summary>
    /// Registers the bundled font: rendering text from a font file registers the font with fontconfig, which the SVG renderer uses too, for
    /// the lifetime of the process.
    /// </summary>
    private static bool LoadFont()
    {
        using var text = Image.Text("D(x)", font: "Arimo", fontfile: Path.Combine(AppContext.BaseDirectory, "Fonts", "Arimo-Regular.ttf"));
        return text.Width > 0;
    }

    /// <summary>
    /// Measures text in pixels with Arial's character widths, which are built into OxyPlot's PDF renderer. Given pixels, the renderer returns points.
    /// </summary>
    private sealed class TextMeasurer() : PdfRenderContext(1, 1, OxyColors.Undefined)
    {
        private const double PointsPerPixel = 0.75;

        public override OxySize MeasureText(string text, string fontFamily, double fontSize, double fontWeight) =>
            base.MeasureText(text, fontFamily, fontSize / PointsPerPixel, fontWeight);
    }
}
