using Spectre.Console;

namespace GanFunctions.Functions.Terminal;

/// <summary>Progress at one moment.</summary>
/// <param name="Stage">The stage, in a word or two; every change of it is shown.</param>
/// <param name="Text">The stage with its numbers.</param>
/// <param name="Fraction">Completed share, from 0 to 1.</param>
internal sealed record ProgressLine(string Stage, string Text, double Fraction);

/// <summary>Progress in the terminal: a progress bar, or a line every ten seconds if the output is redirected.</summary>
internal static class ProgressDisplay
{
    private const int PlainEvery = 10; // views, one a second

    /// <summary>Shows progress until its end.</summary>
    /// <param name="views">The state of the work, once a second.</param>
    /// <param name="describe">Describes the state.</param>
    /// <returns>The last view.</returns>
    public static Task<T> ShowAsync<T>(IAsyncEnumerable<T> views, Func<T, ProgressLine> describe) =>
        AnsiConsole.Profile.Out.IsTerminal ? BarAsync(views, describe) : LinesAsync(views, describe);

    private static async Task<T> BarAsync<T>(IAsyncEnumerable<T> views, Func<T, ProgressLine> describe)
    {
        T? last = default;
        await AnsiConsole.Progress().Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn())
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

    private static async Task<T> LinesAsync<T>(IAsyncEnumerable<T> views, Func<T, ProgressLine> describe)
    {
        T? last = default;
        string? stage = null;
        var count = 0;
        await foreach (var view in views)
        {
            var line = describe(view);
            if (count++ % PlainEvery == 0 || line.Stage != stage) Console.WriteLine(line.Text);
            (last, stage) = (view, line.Stage);
        }
        return last!;
    }
}
