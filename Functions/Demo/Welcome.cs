using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
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

/// <summary>What a person at the terminal sees after the start.</summary>
public static class WelcomeServices
{
    /// <summary>Registers the demo when the first argument says so, else a word on what to try. Nothing on a host without addresses of its own.</summary>
    public static IServiceCollection AddWelcomeOrDemo(this IServiceCollection services, string[] args)
    {
        services.AddSingleton<OwnAddress>();
        if (args is not ["demo", ..]) return services.AddHostedService<Welcome>();
        // A log between the lines of a progress bar would tear it apart.
        return services.AddLogging(logging => logging.AddFilter(level => level >= LogLevel.Warning)).AddHostedService<DemoRun>();
    }
}

/// <summary>Where this very process answers HTTP, once it does.</summary>
public sealed class OwnAddress(IServiceProvider services, IHostApplicationLifetime lifetime, IConfiguration configuration)
{
    private const string FunctionsHostSetting = "FUNCTIONS_WORKER_RUNTIME"; // set by the Functions host, whose address is not ours

    /// <summary>The first address, or null under the Functions host.</summary>
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
