using System.Runtime.CompilerServices;
using GanFunctions.Cli.Api;
using GanFunctions.Cli.Display;

namespace GanFunctions.Functions.Terminal;

/// <summary>What the terminal commands have in common: they call the app's own API, follow a run to its end, and save its pictures.</summary>
public sealed class LocalRun(OwnAddress own, IConfiguration configuration, IHostApplicationLifetime lifetime, TimeProvider time)
{
    private const string PictureFolder = "out";
    private const string KeySetting = "EmbeddedHost:Key";

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1); // of polling

    /// <summary>Runs a command once the app has started, and stops the app at its end. An error is printed as one line; the exit code is then 1.</summary>
    /// <param name="command">The command.</param>
    /// <param name="whenStopped">What to print if the user stops the app.</param>
    /// <param name="cancellation">Cancelled when the app stops.</param>
    public async Task RunAsync(Func<AppClient, CancellationToken, Task> command, string whenStopped, CancellationToken cancellation)
    {
        try
        {
            if (await own.WaitAsync(cancellation) is not { } address) return;
            using var http = AppClient.Connect(address, configuration[KeySetting]);
            await command(new AppClient(http), cancellation);
        }
        catch (Exception) when (lifetime.ApplicationStopping.IsCancellationRequested) // the app's own HTTP server may stop first
        {
            Console.WriteLine(whenStopped);
        }
        catch (Exception problem)
        {
            Console.Error.WriteLine(problem.Message);
            Environment.ExitCode = 1;
        }
        lifetime.StopApplication();
    }

    /// <summary>Shows the progress of a run until its end, and saves its pictures.</summary>
    /// <param name="api">The app.</param>
    /// <param name="run">The run's id.</param>
    /// <param name="look">Called with every view of the run.</param>
    /// <param name="cancellation">Cancels the wait.</param>
    /// <exception cref="InvalidOperationException">The run fails or is cancelled.</exception>
    public async Task FinishAsync(AppClient api, string run, Func<RunInfo, Task> look, CancellationToken cancellation)
    {
        var ended = await ProgressDisplay.ShowAsync(Screen.Output, FollowAsync(api, run, look, cancellation), ProgressLine.Of);
        if (ended.State == "cancelled") throw new InvalidOperationException($"The run '{run}' was cancelled.");
        if (ended.State == "failed") throw new InvalidOperationException($"The run '{run}' failed: {ended.Error}");
        var path = Path.GetFullPath(Path.Combine(PictureFolder, $"{run}.png"));
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using (var pictures = await api.OpenAsync($"api/runs/{run}/samples?count=64&columns=8&scale=3", cancellation))
            await File.WriteAllBytesAsync(path, await pictures.Content.ReadAsByteArrayAsync(cancellation), cancellation);
        Console.WriteLine($$"""
            Pictures: {{path}}
            To view the run, generate more pictures or train it further, start the app (dotnet run --project Functions) and open
            http://localhost:7071/#/runs/{{run}}, or in another terminal:
              curl 'localhost:7071/api/runs/{{run}}/samples?count=16&seed=7' -o {{run}}.png
              curl -X POST localhost:7071/api/runs/{{run}}/extend -d '{"epochs": 20}'
            """);
    }

    private async IAsyncEnumerable<RunInfo> FollowAsync(
        AppClient api, string run, Func<RunInfo, Task> look, [EnumeratorCancellation] CancellationToken cancellation)
    {
        while (true)
        {
            var view = await api.RunAsync(run, cancellation);
            yield return view;
            if (view.State is "completed" or "failed" or "cancelled") yield break;
            await look(view);
            await Task.Delay(Interval, time, cancellation);
        }
    }
}
