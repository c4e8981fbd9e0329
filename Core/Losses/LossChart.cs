using OxyPlot;
using OxyPlot.Axes;

namespace GanFunctions.Core.Losses;

/// <summary>
/// The chart of a run: losses, D(x) and D(G(z)), and the Fréchet distance if it was measured, in panels above each other over the same
/// epochs. Steps are thin lines. From the second epoch on, the means of the epochs are bold lines over them.
/// </summary>
public static class LossChart
{
    private const string Losses = "losses";
    private const string Scores = "scores";
    private const string Distances = "distances";
    private const double Gap = 0.06; // between two panels, relative to the height

    /// <summary>Renders the chart as SVG, which <see cref="ChartRenderer.Png"/> can convert.</summary>
    /// <param name="run">The run's id.</param>
    /// <param name="rows">The run's rows, ordered by attempt, epoch and step. Rows of steps that were rolled back are not shown.</param>
    /// <param name="stepsPerEpoch">Steps in an epoch; 0 if not known yet.</param>
    /// <param name="from">The first epoch to show, from 1.</param>
    /// <param name="theme">The colour theme.</param>
    /// <param name="width">Width in pixels.</param>
    /// <param name="height">Height in pixels.</param>
    public static string Svg(string run, IReadOnlyList<LossRow> rows, int stepsPerEpoch, int from, ChartTheme theme, int width, int height)
    {
        var colours = ChartColours.Of(theme);
        var shown = LossHistory.WithoutRolledBack(rows).Where(row => row.Epoch() >= from).ToList();
        var message = from == 1 ? "No losses yet" : $"No losses yet from epoch {from} on";
        if (shown.Count == 0) return ChartRenderer.Svg(ChartParts.Placeholder(Title(run), message, colours), theme, width, height);
        var steps = shown.Where(row => row.Step() is not null).ToList();
        var epochs = shown.Where(row => row.Step() is null).ToList();
        var measured = epochs.Where(row => row.FrechetDistance is not null).ToList();
        var stepsOfEpoch = Math.Max(stepsPerEpoch, steps.Max(row => row.Step()) ?? 1);
        var chart = ChartParts.Empty(Title(run), Summary(shown, epochs, measured), colours);

        var (scoresFrom, lossesFrom) = measured.Count > 0 ? (0.36, 0.70) : (0, 0.52);
        chart.Axes.Add(ChartParts.Epochs(from - 1, shown[^1].Epoch(), colours));
        chart.Axes.Add(new LinearAxis { Title = "loss (nats)", MinimumRange = 0.1, MinimumPadding = 0.05, MaximumPadding = 0.05, IntervalLength = 40 }
            .Vertical(Losses, colours, lossesFrom));
        chart.Axes.Add(new LinearAxis { Title = "probability", Minimum = 0, Maximum = 1, MajorStep = 0.5 }
            .Vertical(Scores, colours, scoresFrom, lossesFrom - Gap));

        AddCurves(Losses, "discriminator loss", 0, row => row.DiscriminatorLoss);
        AddCurves(Losses, "generator loss", 1, row => row.GeneratorLoss);
        AddCurves(Scores, "D(x)", 2, row => row.RealScore);
        AddCurves(Scores, "D(G(z))", 3, row => row.FakeScore);
        if (measured.Count > 0)
        {
            chart.Axes.Add(ChartParts.Distances([.. measured.Select(row => row.FrechetDistance!.Value)], Distances, colours, 0, scoresFrom - Gap));
            chart.AddCurve("Fréchet distance", colours.Curves[4], Distances, Points(measured, row => row.Epoch(), row => row.FrechetDistance));
        }
        return ChartRenderer.Svg(chart, theme, width, height);

        void AddCurves(string axis, string name, int colour, Func<LossRow, double?> value)
        {
            var hasMeans = epochs.Count > 1;
            var thin = OxyColor.FromAColor(110, colours.Curves[colour]);
            var all = Points(steps, row => row.Epoch() - 1 + (double)row.Step()!.Value / stepsOfEpoch, value);
            chart.AddCurve(hasMeans ? null : name, hasMeans ? thin : colours.Curves[colour], axis, all, hasMeans ? 1 : 2);
            if (hasMeans) chart.AddCurve(name, colours.Curves[colour], axis, Points(epochs, row => row.Epoch() - 0.5, value));
        }
    }

    private static List<DataPoint> Points(IEnumerable<LossRow> rows, Func<LossRow, double> epoch, Func<LossRow, double?> value) =>
        [.. rows.Select(row => new DataPoint(epoch(row), value(row) ?? double.NaN))];

    private static string Title(string run) => $"Run {run}";

    private static string Summary(List<LossRow> shown, List<LossRow> epochs, List<LossRow> measured)
    {
        var parts = new List<string> { $"epoch {shown[^1].Epoch()}" };
        if (measured.MinBy(row => row.FrechetDistance) is { } best)
            parts.Add($"Fréchet distance {Number(measured[^1])}, lowest {Number(best)} at epoch {best.Epoch()}");
        if (epochs.Count > 1) parts.Add("thin: steps, bold: epoch means");
        return string.Join(" · ", parts);

        static string Number(LossRow row) => ChartParts.Number(row.FrechetDistance!.Value);
    }
}
