using System.Globalization;
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
            DefaultFont = ChartPicture.Fonts,
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
