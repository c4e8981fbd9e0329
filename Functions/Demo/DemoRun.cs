using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using GanFunctions.Core.Runs;
using GanFunctions.Core.Storage;
using GanFunctions.Functions.Runs;
using Spectre.Console;

namespace GanFunctions.Functions.Demo;

/// <summary>
/// <c>dotnet run --project Functions -- demo</c>: a short training through the app's own HTTP API, with progress in the terminal and a picture at the
/// end. The first epoch measures the machine's speed, and the run is extended to a total of about three minutes.
/// </summary>
public sealed partial class DemoRun(OwnAddress own, IHostApplicationLifetime lifetime, TimeProvider time) : BackgroundService
{
    private const string PictureFolder = "out";
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private const int MinEpochs = 4; // of 6,400 pictures each: digits are readable after 25,600
    private static readonly TimeSpan Length = TimeSpan.FromSeconds(150); // of training, without starting and stopping the app

    // Small batches, and a learning rate that decays slowly because the epochs are short: rougher pictures than the defaults in the end, but digits
    // within minutes. Quality is not measured: building the quality reference would take the first minute.
    private static readonly JsonObject Recipe = new()
    {
        ["epochs"] = MinEpochs,
        ["imagesPerEpoch"] = 6_400,
        ["batchSize"] = 64,
        ["learningRateDecay"] = 0.05,
        ["emaDecay"] = 0.995,
        ["qualitySamples"] = 0,
    };

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            if (await own.WaitAsync(stoppingToken) is not { } address) return;
            using var http = new HttpClient { BaseAddress = address };
            await CancelEarlierAsync(http, stoppingToken);
            var run = await StartAsync(http, stoppingToken);
            var ended = await DemoProgress.ShowAsync(() => FollowAsync(http, run, stoppingToken));
            if (ended.State == RunState.Completed)
            {
                Console.WriteLine($"Pictures: {await SaveAsync(http, run, stoppingToken)}");
                Console.WriteLine("To train it further, start the app (dotnet run --project Functions) and, in another terminal:");
                Console.WriteLine($"  curl -X POST localhost:7071/api/runs/{run}/extend -d '{{\"epochs\": 20}}'");
            }
            else
            {
                Console.Error.WriteLine(ended.State == RunState.Cancelled ? "The run was cancelled." : $"The run failed: {ended.Error}");
            }

            Environment.ExitCode = ended.State == RunState.Completed ? 0 : 1;
        }
        catch (Exception) when (lifetime.ApplicationStopping.IsCancellationRequested) // the app's own HTTP server may stop first
        {
            Console.WriteLine("Stopped. The training is committed.");
        }
        catch (Exception problem)
        {
            Console.Error.WriteLine($"The demo failed: {problem.Message}");
            Environment.ExitCode = 1;
        }
        lifetime.StopApplication();
    }

    // An earlier demo that was stopped would continue by itself, like any run, and halve the speed of this one.
    private static async Task CancelEarlierAsync(HttpClient http, CancellationToken cancellation)
    {
        var runs = (await http.GetFromJsonAsync<JsonObject>("api/runs?limit=1000", cancellation))!["runs"]!.AsArray();
        foreach (var run in runs.Where(run => Earlier().IsMatch((string)run!["run"]!)))
        {
            if ((string)run!["state"]! is "queued" or "preparing" or "training" or "pausing" or "paused")
                (await http.PostAsync($"api/runs/{run["run"]}/cancel", null, cancellation)).Dispose();
        }
    }

    private async Task<string> StartAsync(HttpClient http, CancellationToken cancellation)
    {
        var run = $"demo-{time.GetLocalNow():yyyyMMdd-HHmmss}";
        foreach (var dataset in new[] { "mnist", "digits" })
        {
            var body = Recipe.DeepClone().AsObject();
            (body["run"], body["dataset"]) = (run, dataset);
            using var response = await http.PostAsJsonAsync("api/runs", body, cancellation);
            if (response.StatusCode == HttpStatusCode.UnprocessableEntity)
            {
                Console.WriteLine("MNIST is unavailable: the demo trains on the built-in digits instead.");
                continue;
            }
            if (!response.IsSuccessStatusCode) throw new InvalidOperationException(await response.Content.ReadAsStringAsync(cancellation));
            Console.WriteLine($"Training '{run}' on {(dataset == "mnist" ? "MNIST" : "the built-in digits")}; "
                + $"follow it at {new Uri(http.BaseAddress!, $"#/runs/{run}")}");
            return run;
        }
        throw new InvalidOperationException("No data set is available, not even the built-in digits.");
    }

    private async IAsyncEnumerable<RunView> FollowAsync(
        HttpClient http, string run, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        long? begun = null;
        var isLengthKnown = false;
        while (true)
        {
            var view = await http.GetFromJsonAsync<RunView>($"api/runs/{run}", Json.Options, cancellation);
            yield return view!;
            if (view!.Progress.Step > 0) begun ??= time.GetTimestamp();
            if (begun is { } since && view.Progress.Epoch > 1 && !isLengthKnown)
            {
                isLengthKnown = true;
                await ExtendAsync(http, run, (int)(Length / time.GetElapsedTime(since)) - MinEpochs, cancellation);
            }
            if (view.State is RunState.Completed or RunState.Failed or RunState.Cancelled) yield break;
            await Task.Delay(Interval, time, cancellation);
        }
    }

    private static async Task ExtendAsync(HttpClient http, string run, int more, CancellationToken cancellation)
    {
        if (more < 1) return;
        using var response = await http.PostAsJsonAsync($"api/runs/{run}/extend", new { epochs = more }, cancellation);
        response.EnsureSuccessStatusCode();
    }

    [GeneratedRegex(@"\Ademo-\d{8}-\d{6}\z")]
    private static partial Regex Earlier();

    private static async Task<string> SaveAsync(HttpClient http, string run, CancellationToken cancellation)
    {
        var path = Path.GetFullPath(Path.Combine(PictureFolder, $"{run}.png"));
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        await File.WriteAllBytesAsync(path, await http.GetByteArrayAsync($"api/runs/{run}/samples?count=64&columns=8&scale=3", cancellation), cancellation);
        return path;
    }
}

/// <summary>Progress in the terminal: a progress bar, or a line every ten seconds if the output is redirected.</summary>
internal static class DemoProgress
{
    private const int PlainEvery = 10; // views, one a second

    /// <summary>Shows the progress of a run until its end.</summary>
    /// <returns>The last view.</returns>
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
        if (view.SecondsLeft is { } left)
            text += $"  {TimeSpan.FromSeconds(left).ToString(left < 3600 ? @"m\:ss" : @"h\:mm\:ss", CultureInfo.InvariantCulture)} left";
        return text;
    }
}
