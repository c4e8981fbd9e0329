using System.Globalization;
using GanFunctions.Core.Losses;
using OxyPlot;
using OxyPlot.Annotations;

namespace GanFunctions.Benchmarks;

/// <summary><c>benchmarks chart</c>: the Fréchet distances that <c>benchmarks quality --csv</c> measured, epoch by epoch, as SVG.</summary>
internal static class ChartCommand
{
    private const string Axis = "distances";
    private const string Usage = "usage: dotnet run -c Release --project benchmarks -- chart <csv of quality> [<csv of quality> ...] <file to write>.svg";

    public static async Task<int> RunAsync(string[] args)
    {
        if (args is not [.. { Length: > 0 } files, { } picture] || !picture.EndsWith(".svg", StringComparison.Ordinal) || !files.All(File.Exists))
        {
            await Console.Error.WriteLineAsync(Usage);
            return 2;
        }
        var rows = files.SelectMany(file => File.ReadLines(file).Skip(1)).Where(line => line.Length > 0).Select(Row.Parse).ToList();
        if (rows.Count == 0)
        {
            await Console.Error.WriteLineAsync($"There are no epochs in {string.Join(", ", files)}.\n{Usage}");
            return 2;
        }
        await File.WriteAllTextAsync(picture, ChartRenderer.Svg(Chart(rows), ChartTheme.Viewer, width: 960, height: 480));
        return 0;
    }

    /// <summary>A curve for each preset and seed, a colour for each preset.</summary>
    private static PlotModel Chart(IReadOnlyList<Row> rows)
    {
        var colours = ChartColours.Light;
        var floor = rows.Average(row => row.Floor);
        var chart = ChartParts.Empty("How near generated pictures come to real ones", "Fréchet distance of their features; lower is nearer", colours);
        chart.Axes.Add(ChartParts.Epochs(0, rows.Max(row => row.Epoch), colours));
        chart.Axes.Add(ChartParts.Distances([.. rows.Select(row => row.Frechet).Where(double.IsFinite), floor, 10 * floor], Axis, colours));
        foreach (var (preset, colour) in rows.GroupBy(row => row.Preset).Zip(colours.Curves))
        {
            var curves = preset.GroupBy(row => row.Seed).ToList();
            var name = curves.Count == 1 ? preset.Key : $"{preset.Key}, {curves.Count} seeds";
            foreach (var (index, seed) in curves.Index())
                chart.AddCurve(index == 0 ? name : null, colour, Axis, [.. seed.OrderBy(row => row.Epoch).Select(row => new DataPoint(row.Epoch, row.Frechet))]);
        }
        AddLine(chart, floor, $"floor: as many real pictures get {ChartParts.Number(floor)}", colours);
        AddLine(chart, 10 * floor, "ten times the floor", colours);
        return chart;
    }

    private static void AddLine(PlotModel chart, double value, string text, ChartColours colours)
    {
        chart.Annotations.Add(new LineAnnotation { Type = LineAnnotationType.Horizontal, YAxisKey = Axis, Y = value, Color = colours.Muted, LineStyle = LineStyle.LongDash });
        chart.Annotations.Add(new TextAnnotation
        {
            Text = text,
            YAxisKey = Axis,
            TextPosition = new DataPoint(0, value), // where curves are far above
            Offset = new ScreenVector(8, 4),
            TextHorizontalAlignment = HorizontalAlignment.Left,
            TextVerticalAlignment = VerticalAlignment.Top,
            TextColor = colours.Muted,
            StrokeThickness = 0,
        });
    }

    /// <summary>The columns that are drawn.</summary>
    private sealed record Row(string Preset, string Seed, int Epoch, double Frechet, double Floor)
    {
        /// <exception cref="FormatException">The line is none of a quality benchmark's.</exception>
        public static Row Parse(string line) => line.Split(',') is [var preset, var seed, var epoch, var frechet, var floor, ..]
            ? new(preset, seed, int.Parse(epoch, CultureInfo.InvariantCulture), double.Parse(frechet, CultureInfo.InvariantCulture), double.Parse(floor, CultureInfo.InvariantCulture))
            : throw new FormatException($"'{line}' is no line of a quality benchmark.");
    }
}
