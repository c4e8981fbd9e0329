using Spectre.Console;

namespace GanFunctions.Functions.Demo;

/// <summary>Says what to try next.</summary>
public sealed class Welcome(OwnAddress own) : BackgroundService
{
    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (await own.WaitAsync(stoppingToken) is not { } address) return;
        var root = address.ToString().TrimEnd('/');
        AnsiConsole.Profile.Width = Math.Max(AnsiConsole.Profile.Width, 160); // commands are to be copied: no line breaks in them
        AnsiConsole.WriteLine($"""

            GanFunctions serves on {root}: open that in a browser, or try in another terminal:

              curl -X POST {root}/api/runs -d '{"{"}"run": "first", "dataset": "digits", "epochs": 5, "imagesPerEpoch": 12800, "qualitySamples": 0{"}"}'
              curl {root}/api/runs/first
              curl {root}/api/runs/first/samples -o first.png

            Ctrl+C commits what is in training and ends; the next start goes on from there.
            """);
    }
}
