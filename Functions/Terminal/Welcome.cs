using Spectre.Console;

namespace GanFunctions.Functions.Terminal;

/// <summary>Prints what to try next.</summary>
public sealed class Welcome(OwnAddress own) : BackgroundService
{
    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (await own.WaitAsync(stoppingToken) is not { } address) return;
        var root = address.ToString().TrimEnd('/');
        AnsiConsole.Profile.Width = Math.Max(AnsiConsole.Profile.Width, 160); // no line breaks in the commands, which are meant to be copied
        AnsiConsole.WriteLine($"""

            GanFunctions is running at {root}. Open it in a browser, or try in another terminal:

              curl -X POST {root}/api/runs -d '{"{"}"run": "first", "dataset": "digits", "epochs": 5, "imagesPerEpoch": 12800, "qualitySamples": 0{"}"}'
              curl {root}/api/runs/first
              curl {root}/api/runs/first/samples -o first.png

            Ctrl+C commits the current training and stops; the next start resumes it.
            """);
    }
}
