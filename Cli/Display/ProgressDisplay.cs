using System.Globalization;
using GanFunctions.Cli.Api;
using Spectre.Console;

namespace GanFunctions.Cli.Display;

/// <summary>Progress at one moment.</summary>
/// <param name="Stage">The stage, in a word or two; every change of it is shown.</param>
/// <param name="Text">The stage with its numbers.</param>
/// <param name="Fraction">Completed share, from 0 to 1.</param>
public sealed record ProgressLine(string Stage, string Text, double Fraction)
{
    /// <summary>The progress of a run.</summary>
    public static ProgressLine Of(RunInfo run)
    {
        var progress = run.Progress;
        var text = string.Create(CultureInfo.InvariantCulture,
            $"{run.State}  epoch {progress.Epoch}/{progress.Epochs}  step {progress.Step}/{progress.StepsPerEpoch}");
        if (run.Losses is { } losses) text += string.Create(CultureInfo.InvariantCulture, $"  d {losses.Discriminator:F3}  g {losses.Generator:F3}");
        if (run.ImagesPerSecond is { } speed) text += string.Create(CultureInfo.InvariantCulture, $"  {speed:F0} images/s");
        if (run.SecondsLeft is { } left) text += $"  {Time(left)} left";
        return new($"{run.State} {progress.Epoch}", text, progress.Fraction);
    }

    /// <summary>The progress of a conversion.</summary>
    public static ProgressLine Of(DatasetInfo dataset)
    {
        var (done, total) = (dataset.Conversion?.Done ?? 0, dataset.Conversion?.Total ?? 0);
        return new("converting", $"converting  {done}/{total} files", total == 0 ? 0 : (double)done / total);
    }

    /// <summary>A duration, such as 2:05 or 1:02:05.</summary>
    internal static string Time(double seconds) =>
        TimeSpan.FromSeconds(seconds).ToString(seconds < 3600 ? @"m\:ss" : @"h\:mm\:ss", CultureInfo.InvariantCulture);
}

/// <summary>Progress in the terminal: a progress bar, or a line every ten seconds if the output is redirected.</summary>
public static class ProgressDisplay
{
    private static readonly TimeSpan PlainInterval = TimeSpan.FromSeconds(10);

    /// <summary>Shows progress until its end.</summary>
    /// <param name="screen">Where to show it.</param>
    /// <param name="views">The state of the work, about once a second.</param>
    /// <param name="describe">Describes the state.</param>
    /// <returns>The last view.</returns>
    public static Task<T> ShowAsync<T>(Screen screen, IAsyncEnumerable<T> views, Func<T, ProgressLine> describe) =>
        screen.IsTerminal ? BarAsync(screen, views, describe) : LinesAsync(screen, views, describe);

    /// <summary>Shows progress as a line for every stage, and one every ten seconds.</summary>
    /// <inheritdoc cref="ShowAsync"/>
    public static async Task<T> LinesAsync<T>(Screen screen, IAsyncEnumerable<T> views, Func<T, ProgressLine> describe)
    {
        T? last = default;
        string? stage = null;
        var written = 0L;
        await foreach (var view in views)
        {
            var line = describe(view);
            if (line.Stage != stage || TimeProvider.System.GetElapsedTime(written) >= PlainInterval)
            {
                screen.WriteLine(line.Text);
                written = TimeProvider.System.GetTimestamp();
            }
            (last, stage) = (view, line.Stage);
        }
        return last!;
    }

    private static async Task<T> BarAsync<T>(Screen screen, IAsyncEnumerable<T> views, Func<T, ProgressLine> describe)
    {
        T? last = default;
        await screen.Terminal.Progress()
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn())
            .StartAsync(async context =>
            {
                var bar = context.AddTask("queued", maxValue: 1);
                await foreach (var view in views)
                {
                    var line = describe(view);
                    (bar.Description, bar.Value) = (Markup.Escape(line.Text), line.Fraction);
                    last = view;
                }
            });
        return last!;
    }
}
