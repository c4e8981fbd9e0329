using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using GanFunctions.Core.Checkpoints;
using GanFunctions.Core.Pictures;
using static TorchSharp.torch;
using Generator = GanFunctions.Core.Model.Generator;

namespace GanFunctions.Benchmarks;

/// <summary>
/// <c>serving http://localhost:7071</c>: how fast an app that was just started serves pictures, first while nothing else runs and then while an epoch
/// trains. Needs <c>wrk</c>.
/// </summary>
internal static partial class ServingCommand
{
    private const int Pictures = 64;
    private const int Rounds = 5;
    private const int SecondsPerTurn = 20;
    private const int Turns = 3;
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(500);

    public static async Task<int> RunAsync(string[] arguments)
    {
        if (arguments is not [var address, ..])
        {
            await Console.Error.WriteLineAsync("serving <address>");
            return 2;
        }
        using var http = new HttpClient { BaseAddress = new Uri(address) };
        var grid = new Uri(http.BaseAddress, $"api/runs/served/samples?count={Pictures}");
        await ServedRun.TrainAsync(http, "served");
        using var bare = NetworkState.LoadGenerator(await http.GetByteArrayAsync("api/runs/served/checkpoints/latest/generator"), averaged: true);
        await IdleAsync(http, grid, bare);
        await WhileTrainingAsync(http, grid);
        return 0;
    }

    private static async Task IdleAsync(HttpClient http, Uri grid, Generator bare)
    {
        using var first = await http.GetAsync(grid);
        var known = first.Headers.ETag!.ToString();
        _ = await WrkAsync(grid, $"If-None-Match: {known}"); // warms up
        var notModified = await WrkAsync(grid, $"If-None-Match: {known}");
        Console.WriteLine($"304, one connection: {notModified.Mean:F2} ms on average, 99th percentile {notModified.Percentile99:F2} ms");
        var (served, drawn) = (new List<double>(), new List<double>());
        for (var round = 0; round < Rounds; round++) // in turns: what slows the machine slows both
        {
            served.Add((await WrkAsync(grid, "Accept: image/png")).Mean);
            drawn.Add(Draw(bare));
        }
        Console.WriteLine($"grid of {Pictures}: {served.Average():F1} ms served, {drawn.Average():F1} ms for the bare forward and PNG: {served.Average() / drawn.Average():F2} times");
    }

    /// <summary>Mean milliseconds of what has to be done in any case: the forward pass on one thread, and the encoding.</summary>
    private static double Draw(Generator generator)
    {
        _ = get_num_threads(); // a thread's first question takes over what another one set last: ask before, not after
        set_num_threads(1);
        using var noGradient = no_grad();
        const int Times = 30;
        var started = Stopwatch.GetTimestamp();
        for (var time = 0; time < Times; time++)
        {
            using var scope = NewDisposeScope();
            var pictures = generator.call(randn(Pictures, Generator.LatentSize), null).add_(1).mul_(127.5).to(ScalarType.Byte).contiguous();
            PictureGrid.Png(pictures.bytes.ToArray(), generator.Shape, columns: 8, scale: 2);
        }
        return Stopwatch.GetElapsedTime(started).TotalMilliseconds / Times;
    }

    private static async Task WhileTrainingAsync(HttpClient http, Uri grid)
    {
        await ServedRun.StartAsync(http, new() { ["run"] = "training", ["dataset"] = "digits", ["epochs"] = 100, ["qualitySamples"] = 0 });
        await ServedRun.UntilAsync(http, "training", run => (int)run["progress"]!["step"]! > 20);
        var (alone, beside, latencies) = (new List<double>(), new List<double>(), new List<double>());
        for (var turn = 0; turn < Turns; turn++)
        {
            alone.Add(await StepsPerSecondAsync(http, cancellation => Task.Delay(Timeout.Infinite, cancellation)));
            beside.Add(await StepsPerSecondAsync(http, cancellation => AskAsync(http, grid, latencies, cancellation)));
        }
        using var cancelled = await http.PostAsync("api/runs/training/cancel", null);
        latencies.Sort();
        Console.WriteLine($"while an epoch trains, {1 / Pace.TotalSeconds:F0} grids a second: 99th percentile {latencies[(int)(latencies.Count * 0.99)]:F0} ms of {latencies.Count}; "
            + $"the training does {beside.Average():F2} steps a second beside it and {alone.Average():F2} alone: {1 - beside.Average() / alone.Average():P1} lost");
    }

    private static async Task<double> StepsPerSecondAsync(HttpClient http, Func<CancellationToken, Task> meanwhile)
    {
        using var over = new CancellationTokenSource();
        var beside = meanwhile(over.Token);
        var (started, before) = (Stopwatch.GetTimestamp(), await StepsAsync(http));
        await Task.Delay(TimeSpan.FromSeconds(SecondsPerTurn));
        var rate = (await StepsAsync(http) - before) / Stopwatch.GetElapsedTime(started).TotalSeconds;
        await over.CancelAsync();
        await beside.ContinueWith(_ => { }, TaskScheduler.Default);
        return rate;
    }

    // Every half second, whether the one before has been answered or not.
    private static async Task AskAsync(HttpClient http, Uri grid, List<double> latencies, CancellationToken cancellation)
    {
        using var pace = new PeriodicTimer(Pace);
        while (await pace.WaitForNextTickAsync(cancellation)) _ = OnceAsync();

        async Task OnceAsync()
        {
            var started = Stopwatch.GetTimestamp();
            await http.GetByteArrayAsync(grid, CancellationToken.None);
            lock (latencies) latencies.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        }
    }

    private static async Task<double> StepsAsync(HttpClient http)
    {
        var progress = (await http.GetFromJsonAsync<JsonObject>("api/runs/training"))!["progress"]!;
        return ((int)progress["epoch"]! - 1) * (int)progress["stepsPerEpoch"]! + (int)progress["step"]!;
    }

    private static async Task<(double Mean, double Percentile99)> WrkAsync(Uri address, string header)
    {
        using var wrk = Process.Start(new ProcessStartInfo("wrk", ["-t1", "-c1", "-d5s", "--latency", "-H", header, address.ToString()]) { RedirectStandardOutput = true })!;
        var said = await wrk.StandardOutput.ReadToEndAsync();
        await wrk.WaitForExitAsync();
        return wrk.ExitCode == 0 && MeanLine().Match(said) is { Success: true } mean && PercentileLine().Match(said) is { Success: true } percentile
            ? (Milliseconds(mean), Milliseconds(percentile))
            : throw new InvalidOperationException($"wrk said: {said}");
    }

    private static double Milliseconds(Match match) =>
        double.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture) * match.Groups[2].Value switch { "us" => 0.001, "ms" => 1, _ => 1000 };

    [GeneratedRegex(@"Latency\s+([\d.]+)(us|ms|s)")]
    private static partial Regex MeanLine();

    [GeneratedRegex(@"99%\s+([\d.]+)(us|ms|s)")]
    private static partial Regex PercentileLine();
}
