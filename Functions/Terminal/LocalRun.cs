using System.Globalization;
using System.Runtime.CompilerServices;
using GanFunctions.Core.Runs;
using GanFunctions.Functions.Runs;

namespace GanFunctions.Functions.Terminal;

/// <summary>What the terminal commands have in common: they call the app's own API, follow a run to its end, and save its pictures.</summary>
public sealed class LocalRun(OwnAddress own, IConfiguration configuration, IHostApplicationLifetime lifetime, TimeProvider time)
{
    private const string PictureFolder = "out";
    private const string KeySetting = "EmbeddedHost:Key";

    /// <summary>The polling interval.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>Runs a command once the app has started, and stops the app at its end. An error is printed as one line; the exit code is then 1.</summary>
    /// <param name="command">The command.</param>
    /// <param name="whenStopped">What to print if the user stops the app.</param>
    /// <param name="cancellation">Cancelled when the app stops.</param>
    public async Task RunAsync(Func<LocalApi, CancellationToken, Task> command, string whenStopped, CancellationToken cancellation)
    {
        try
        {
            if (await own.WaitAsync(cancellation) is not { } address) return;
            using var http = new HttpClient { BaseAddress = address, Timeout = Timeout.InfiniteTimeSpan };
            if (configuration[KeySetting] is { Length: > 0 } key) http.DefaultRequestHeaders.Add("x-functions-key", key);
            await command(new LocalApi(http), cancellation);
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
    public async Task FinishAsync(LocalApi api, string run, Func<RunView, Task> look, CancellationToken cancellation)
    {
        var ended = await ProgressDisplay.ShowAsync(FollowAsync(api, run, look, cancellation), Describe);
        if (ended.State == RunState.Cancelled) throw new InvalidOperationException($"The run '{run}' was cancelled.");
        if (ended.State == RunState.Failed) throw new InvalidOperationException($"The run '{run}' failed: {ended.Error}");
        var path = Path.GetFullPath(Path.Combine(PictureFolder, $"{run}.png"));
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        await File.WriteAllBytesAsync(path, await api.PicturesAsync(run, cancellation), cancellation);
        Console.WriteLine($$"""
            Pictures: {{path}}
            To view the run, generate more pictures or train it further, start the app (dotnet run --project Functions) and open
            http://localhost:7071/#/runs/{{run}}, or in another terminal:
              curl 'localhost:7071/api/runs/{{run}}/samples?count=16&seed=7' -o {{run}}.png
              curl -X POST localhost:7071/api/runs/{{run}}/extend -d '{"epochs": 20}'
            """);
    }

    private async IAsyncEnumerable<RunView> FollowAsync(
        LocalApi api, string run, Func<RunView, Task> look, [EnumeratorCancellation] CancellationToken cancellation)
    {
        while (true)
        {
            var view = await api.RunAsync(run, cancellation);
            yield return view;
            if (view.State is RunState.Completed or RunState.Failed or RunState.Cancelled) yield break;
            await look(view);
            await Task.Delay(Interval, time, cancellation);
        }
    }

    private static ProgressLine Describe(RunView view)
    {
        var (state, progress) = (view.State.ToString().ToLowerInvariant(), view.Progress);
        var text = string.Create(CultureInfo.InvariantCulture,
            $"{state}  epoch {progress.Epoch}/{progress.Epochs}  step {progress.Step}/{progress.StepsPerEpoch}");
        if (view.Losses is { } losses) text += string.Create(CultureInfo.InvariantCulture, $"  d {losses.Discriminator:F3}  g {losses.Generator:F3}");
        if (view.ImagesPerSecond is { } speed) text += string.Create(CultureInfo.InvariantCulture, $"  {speed:F0} images/s");
        if (view.SecondsLeft is { } left)
            text += $"  {TimeSpan.FromSeconds(left).ToString(left < 3600 ? @"m\:ss" : @"h\:mm\:ss", CultureInfo.InvariantCulture)} left";
        return new($"{state} {progress.Epoch}", text, progress.Fraction);
    }
}
