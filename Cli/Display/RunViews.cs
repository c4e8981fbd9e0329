using System.Globalization;
using GanFunctions.Cli.Api;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace GanFunctions.Cli.Display;

/// <summary>Runs as tables.</summary>
internal static class RunViews
{
    /// <summary>A row for each run.</summary>
    /// <param name="runs">The runs.</param>
    /// <param name="now">The time that ages are relative to.</param>
    public static IRenderable Table(IEnumerable<RunInfo> runs, DateTimeOffset now)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumns("run", "state", "data set");
        foreach (var title in (string[])["epoch", "images/s", "distance", "age"]) table.AddColumn(title, column => column.RightAligned());
        foreach (var run in runs)
        {
            table.AddRow(
                new Text(run.Run), new Text(run.State, ColourOf(run.State)), new Text(run.Dataset), new Text($"{run.Progress.Epoch}/{run.Progress.Epochs}"),
                new Text(Number(run.ImagesPerSecond, "0")), new Text(Number(run.Quality?.FrechetDistance, "0.00")), new Text(Age(now - run.CreatedAt)));
        }
        return table;
    }

    /// <summary>What is known about one run.</summary>
    /// <param name="run">The run.</param>
    /// <param name="now">The time that ages are relative to.</param>
    public static IRenderable Details(RunInfo run, DateTimeOffset now)
    {
        var grid = new Grid().AddColumn(new GridColumn().NoWrap().PadRight(3)).AddColumn();
        var progress = run.Progress;
        Add("run", run.Run);
        Add("state", run.State);
        Add("data set", run.Dataset);
        Add("preset", run.Preset);
        Add("progress", string.Create(CultureInfo.InvariantCulture,
            $"epoch {progress.Epoch} of {progress.Epochs}, step {progress.Step} of {progress.StepsPerEpoch}, {progress.Fraction:P0}"));
        Add("speed", run.ImagesPerSecond is { } speed ? string.Create(CultureInfo.InvariantCulture, $"{speed:0} images/s") : null);
        Add("time left", run.SecondsLeft is { } left ? ProgressLine.Time(left) : null);
        Add("losses", run.Losses is { } losses
            ? $"discriminator {Number(losses.Discriminator, "0.000")}, generator {Number(losses.Generator, "0.000")}"
            : null);
        Add("Fréchet distance", Quality(run));
        Add("stopped early", run.StoppedEarly);
        Add("rollbacks", run.RollBacks == 0 ? null : run.RollBacks.ToString(CultureInfo.InvariantCulture));
        Add("checkpoint", run.Checkpoint);
        foreach (var warning in run.Warnings) Add("warning", warning);
        Add("error", run.Error);
        Add("started", string.Create(CultureInfo.InvariantCulture, $"{run.CreatedAt:yyyy-MM-dd HH:mm:ss}Z, {Age(now - run.CreatedAt)} ago"));
        Add("actions", string.Join(", ", run.Actions));
        return grid;

        void Add(string name, string? value)
        {
            if (!string.IsNullOrEmpty(value)) grid.AddRow(new Text(name, new Style(Color.Grey)), new Text(value));
        }
    }

    /// <summary>The quality of the last measured epoch, and the best one; null if none was measured.</summary>
    public static string? Quality(RunInfo run) => run is { Quality: { } quality, QualityEpoch: { } epoch }
        ? string.Create(CultureInfo.InvariantCulture,
            $"{quality.FrechetDistance:0.00} (epoch {epoch}{(run.Best is { } best ? $"; best {best.FrechetDistance:0.00} in epoch {best.Epoch}" : "")})")
        : null;

    /// <summary>The colour of a state.</summary>
    public static Style ColourOf(string state) => new(state switch
    {
        "training" or "preparing" => Color.Blue,
        "completed" => Color.Green,
        "failed" => Color.Red,
        "paused" or "pausing" => Color.Yellow,
        _ => Color.Default,
    });

    private static string Number(double? value, string format) => value?.ToString(format, CultureInfo.InvariantCulture) ?? "-";

    private static string Age(TimeSpan age) => age switch
    {
        { TotalMinutes: < 1 } => "< 1 min",
        { TotalHours: < 1 } => $"{(int)age.TotalMinutes} min",
        { TotalDays: < 2 } => $"{(int)age.TotalHours} h",
        _ => $"{(int)age.TotalDays} d",
    };
}
