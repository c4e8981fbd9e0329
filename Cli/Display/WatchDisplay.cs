using System.Globalization;
using System.Text.Json.Nodes;
using GanFunctions.Cli.Api;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace GanFunctions.Cli.Display;

/// <summary>A run while it trains: progress, speed, losses as a chart, quality. If the output is redirected, lines.</summary>
internal sealed class WatchDisplay
{
    private const int MaxWidth = 100, ChartHeight = 8, QualityHeight = 4;
    private const string DiscriminatorColour = "blue", GeneratorColour = "yellow", QualityColour = "green";

    private readonly SortedDictionary<(int Epoch, int Step), (double? Discriminator, double? Generator)> _losses = [];
    private readonly SortedDictionary<int, double?> _distances = [];

    /// <summary>Shows a run until it is at rest.</summary>
    /// <param name="screen">Where to show it.</param>
    /// <param name="losses">The run's losses so far, as the API returns them.</param>
    /// <param name="views">The changes of the run.</param>
    /// <returns>The last view; null if there was none.</returns>
    public static async Task<RunInfo?> ShowAsync(Screen screen, JsonObject losses, IAsyncEnumerable<RunInfo> views)
    {
        if (!screen.IsTerminal) return await ProgressDisplay.LinesAsync(screen, views, ProgressLine.Of);
        var display = new WatchDisplay();
        display.AddPast(losses);
        RunInfo? last = null;
        await screen.Terminal.Live(new Text("")).Overflow(VerticalOverflow.Crop).StartAsync(async context =>
        {
            await foreach (var view in views)
            {
                last = view;
                display.Add(view);
                context.UpdateTarget(display.Render(view, Math.Min(screen.Terminal.Profile.Width, MaxWidth)));
            }
        });
        return last;
    }

    private void AddPast(JsonObject losses)
    {
        foreach (var row in losses["steps"]!.AsArray())
            _losses[((int)row!["epoch"]!, (int)row["step"]!)] = ((double?)row["discriminatorLoss"], (double?)row["generatorLoss"]);
        foreach (var row in losses["epochs"]!.AsArray())
        {
            if ((double?)row!["frechetDistance"] is { } distance) _distances[(int)row["epoch"]!] = distance;
        }
    }

    private void Add(RunInfo run)
    {
        if (run.Losses is { } losses) _losses[(run.Progress.Epoch, run.Progress.Step)] = (losses.Discriminator, losses.Generator);
        if (run is { Quality: { } quality, QualityEpoch: { } epoch }) _distances[epoch] = quality.FrechetDistance;
    }

    private Rows Render(RunInfo run, int width)
    {
        var lines = new List<IRenderable>
        {
            new Markup($"[bold]{run.Run}[/]  {run.State}  [grey]{run.Dataset}, {run.Preset}[/]"),
            new Markup(Bar(run, width)),
            new Text(ProgressLine.Of(run).Text),
        };
        Draw(ChartHeight, new("discriminator loss", DiscriminatorColour, Points(losses => losses.Discriminator)),
            new("generator loss", GeneratorColour, Points(losses => losses.Generator)));
        if (RunViews.Quality(run) is { } quality)
            Draw(QualityHeight, new Curve($"Fréchet distance {quality}", QualityColour, [.. _distances.Select(each => ((double)each.Key, each.Value))]));
        lines.AddRange(run.Warnings.Select(warning => new Text(warning, new Style(Color.Yellow))));
        return new Rows(lines);

        void Draw(int height, params Curve[] curves) => lines.AddRange(LineChart.Draw(curves, width, height).Select(line => new Markup(line)));

        IReadOnlyList<(double X, double? Y)> Points(Func<(double? Discriminator, double? Generator), double?> select) =>
            [.. _losses.Select(each => (each.Key.Epoch + (double)each.Key.Step / Math.Max(run.Progress.StepsPerEpoch, 1), select(each.Value)))];
    }

    private static string Bar(RunInfo run, int width)
    {
        const int Percentage = 6;
        var full = Math.Max(1, width - Percentage);
        var done = (int)(run.Progress.Fraction * full);
        return $"[blue]{new string('━', done)}[/][grey]{new string('━', full - done)}[/] "
            + $"{(run.Progress.Fraction * 100).ToString("0", CultureInfo.InvariantCulture),3} %";
    }
}
