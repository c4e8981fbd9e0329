using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Spectre.Console;

namespace GanFunctions.Functions.Demo;

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

            GanFunctions runs at {root}. Open it in a browser, or try in another terminal:

              curl -X POST {root}/api/runs -d '{"{"}"run": "first", "dataset": "digits", "epochs": 5, "imagesPerEpoch": 12800, "qualitySamples": 0{"}"}'
              curl {root}/api/runs/first
              curl {root}/api/runs/first/samples -o first.png

            Ctrl+C commits the current training and stops; the next start continues from there.
            """);
    }
}

/// <summary>What the terminal shows after the start.</summary>
public static class WelcomeServices
{
    /// <summary>Registers the demo if the first argument is <c>demo</c>, else the welcome text. Both do nothing under the Functions host.</summary>
    public static IServiceCollection AddWelcomeOrDemo(this IServiceCollection services, string[] args)
    {
        services.AddSingleton<OwnAddress>();
        if (args is not ["demo", ..]) return services.AddHostedService<Welcome>();
        // Log lines would break the progress bar.
        return services.AddLogging(logging => logging.AddFilter(level => level >= LogLevel.Warning)).AddHostedService<DemoRun>();
    }
}

/// <summary>The HTTP address of this process.</summary>
public sealed class OwnAddress(IServiceProvider services, IHostApplicationLifetime lifetime, IConfiguration configuration)
{
    private const string FunctionsHostSetting = "FUNCTIONS_WORKER_RUNTIME"; // set by the Functions host

    /// <summary>Waits for the app to start.</summary>
    /// <returns>Its first address; null under the Functions host.</returns>
    public async Task<Uri?> WaitAsync(CancellationToken cancellation)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var whenStarted = lifetime.ApplicationStarted.Register(() => started.TrySetResult());
        await using var whenCancelled = cancellation.Register(() => started.TrySetCanceled(cancellation));
        await started.Task;
        if (configuration[FunctionsHostSetting] is not null) return null;
        var address = services.GetService<IServer>()?.Features.Get<IServerAddressesFeature>()?.Addresses.FirstOrDefault();
        return address is null ? null : new Uri(address.Replace("://[::]", "://localhost", StringComparison.Ordinal)
            .Replace("://0.0.0.0", "://localhost", StringComparison.Ordinal));
    }
}
