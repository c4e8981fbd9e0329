using System.Globalization;
using GanFunctions.Core.Losses;
using OxyPlot;
using OxyPlot.Annotations;

namespace GanFunctions.Benchmarks;

/// <summary>
/// <c>benchmarks chart</c>: draws the Fréchet distances by epoch, from the files of <c>benchmarks quality --csv</c>, as SVG.
/// </summary>
internal static class ChartCommand
{
    private const string Axis = "distances";
    private const string Usage = "usage: dotnet run -c Release --project benchmarks -- chart <csv of quality> [<csv of quality> ...] <file to write>.svg";

    public static async Task<int> RunAsync(string[] args)
    {
        if (args is not [.. { Length: > 0 } files, { } target] || !target.EndsWith(".svg", StringComparison.Ordinal) || !files.All(File.Exists))
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
        await File.WriteAllTextAsync(target, ChartRenderer.Svg(Chart(rows), ChartTheme.Viewer, width: 960, height: 480));
        return 0;
    }

    /// <summary>A chart with a curve for each preset and seed, and a colour for each preset.</summary>
    private static PlotModel Chart(IReadOnlyList<Row> rows)
    {
        var colours = ChartColours.Light;
        var baseline = rows.Average(row => row.Baseline);
        var chart = ChartParts.Empty("Quality of generated pictures", "Fréchet distance to real pictures; lower is better", colours);
        chart.Axes.Add(ChartParts.Epochs(0, rows.Max(row => row.Epoch), colours));
        chart.Axes.Add(ChartParts.Distances([.. rows.Select(row => row.Frechet).Where(double.IsFinite), baseline, 10 * baseline], Axis, colours));
        foreach (var (preset, colour) in rows.GroupBy(row => row.Preset).Zip(colours.Curves))
        {
            var curves = preset.GroupBy(row => row.Seed).ToList();
            var name = curves.Count == 1 ? preset.Key : $"{preset.Key}, {curves.Count} seeds";
            foreach (var (index, seed) in curves.Index())
            {
                chart.AddCurve(
                    index == 0 ? name : null, colour, Axis, [.. seed.OrderBy(row => row.Epoch).Select(row => new DataPoint(row.Epoch, row.Frechet))]);
            }
        }
        AddLine(chart, baseline, $"baseline: {ChartParts.Number(baseline)} for real pictures", colours);
        AddLine(chart, 10 * baseline, "ten times the baseline", colours);
        return chart;
    }

    private static void AddLine(PlotModel chart, double value, string text, ChartColours colours)
    {
        chart.Annotations.Add(new LineAnnotation
        {
            Type = LineAnnotationType.Horizontal,
            YAxisKey = Axis,
            Y = value,
            Color = colours.Muted,
            LineStyle = LineStyle.LongDash,
        });
        chart.Annotations.Add(new TextAnnotation
        {
            Text = text,
            YAxisKey = Axis,
            TextPosition = new DataPoint(0, value), // the curves are far above it there
            Offset = new ScreenVector(8, 4),
            TextHorizontalAlignment = HorizontalAlignment.Left,
            TextVerticalAlignment = VerticalAlignment.Top,
            TextColor = colours.Muted,
            StrokeThickness = 0,
        });
    }

    /// <summary>The columns of a CSV line that the chart shows.</summary>
    private sealed record Row(string Preset, string Seed, int Epoch, double Frechet, double Baseline)
    {
        /// <exception cref="FormatException">The line is not from a quality benchmark.</exception>
        public static Row Parse(string line) => line.Split(',') is [var preset, var seed, var epoch, var frechet, var baseline, ..]
            ? new(preset, seed, int.Parse(epoch, CultureInfo.InvariantCulture), Number(frechet), Number(baseline))
            : throw new FormatException($"'{line}' is not a line of a quality benchmark.");

        private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
    }
}
