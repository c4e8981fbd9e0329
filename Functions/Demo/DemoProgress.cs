using System.Globalization;
using GanFunctions.Functions.Runs;
using Spectre.Console;

namespace GanFunctions.Functions.Demo;

/// <summary>A training's progress in the terminal: a bar that moves where there is one, a line every ten seconds where there is none.</summary>
internal static class DemoProgress
{
    private const int PlainEvery = 10; // views, one a second

    /// <summary>Shows the views as they come and returns the last one.</summary>
    public static Task<RunView> ShowAsync(Func<IAsyncEnumerable<RunView>> follow) =>
        AnsiConsole.Profile.Out.IsTerminal ? BarAsync(follow()) : LinesAsync(follow());

    private static async Task<RunView> BarAsync(IAsyncEnumerable<RunView> views)
    {
        RunView? last = null;
        await AnsiConsole.Progress().Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn())
            .StartAsync(async context =>
            {
                var bar = context.AddTask("queued", maxValue: 1);
                await foreach (var view in views)
                {
                    bar.Description = Markup.Escape(Describe(view));
                    bar.Value = view.Progress.Fraction;
                    last = view;
                }
            });
        return last!;
    }

    private static async Task<RunView> LinesAsync(IAsyncEnumerable<RunView> views)
    {
        RunView? last = null;
        var count = 0;
        await foreach (var view in views)
        {
            if (count++ % PlainEvery == 0 || view.State != last?.State || view.Progress.Epoch != last.Progress.Epoch)
                Console.WriteLine(Describe(view));
            last = view;
        }
        return last!;
    }

    private static string Describe(RunView view)
    {
        var progress = view.Progress;
        var text = string.Create(CultureInfo.InvariantCulture,
            $"{view.State.ToString().ToLowerInvariant()}  epoch {progress.Epoch}/{progress.Epochs}  step {progress.Step}/{progress.StepsPerEpoch}");
        if (view.Losses is { } losses) text += string.Create(CultureInfo.InvariantCulture, $"  d {losses.Discriminator:F3}  g {losses.Generator:F3}");
        if (view.ImagesPerSecond is { } speed) text += string.Create(CultureInfo.InvariantCulture, $"  {speed:F0} images/s");
        if (view.SecondsLeft is { } left) text += $"  {TimeSpan.FromSeconds(left).ToString(left < 3600 ? @"m\:ss" : @"h\:mm\:ss", CultureInfo.InvariantCulture)} left";
        return text;
    }
}
