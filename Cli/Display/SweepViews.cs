using System.Globalization;
using GanFunctions.Cli.Api;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace GanFunctions.Cli.Display;

/// <summary>Sweeps in the terminal.</summary>
internal static class SweepViews
{
    /// <summary>The progress of a sweep.</summary>
    public static ProgressLine Progress(SweepInfo sweep)
    {
        var ended = sweep.Trials.Count(trial => trial.State is not ("waiting" or "running"));
        var text = $"{sweep.State}  {ended}/{sweep.Trials.Count} trials";
        if (sweep.Best is { Metric: { } metric } best) text += string.Create(CultureInfo.InvariantCulture, $"  best {metric:0.00} ({best.Run})");
        return new($"{sweep.State} {ended} {sweep.Best?.Run}", text, sweep.Progress?.Fraction ?? (double)ended / Math.Max(sweep.Trials.Count, 1));
    }

    /// <summary>The trials, the best first.</summary>
    public static IRenderable Table(SweepInfo sweep)
    {
        var options = sweep.Trials.SelectMany(trial => trial.Options.Select(option => option.Key)).Distinct().ToList();
        var table = new Table().Border(TableBorder.Simple).AddColumns("run", "state");
        foreach (var name in (string[])[.. options, "epochs", "metric"]) table.AddColumn(new TableColumn(Markup.Escape(name)).RightAligned());
        foreach (var trial in sweep.Trials.OrderBy(trial => trial.Metric is null).ThenBy(trial => sweep.LowerIsBetter ? trial.Metric : -trial.Metric))
        {
            table.AddRow([
                new Text(trial.Run), new Text(trial.State, RunViews.ColourOf(trial.State)), .. options.Select(name => new Text($"{trial.Options[name]}")),
                new Text(trial.Epochs?.ToString(CultureInfo.InvariantCulture) ?? "-"), new Text(trial.Metric?.ToString("0.00", CultureInfo.InvariantCulture) ?? "-"),
            ]);
        }
        return table;
    }
}
