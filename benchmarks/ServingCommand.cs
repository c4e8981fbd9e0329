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
/// <c>serving http://localhost:7071</c>: how fast a newly started app serves pictures, while it is idle and while it trains an epoch. Needs
/// <c>wrk</c>.
/// </summary>
internal static partial class ServingCommand
{
    private const int Pictures = 64;
    private const int Rounds = 5;
    private const int SecondsPerTurn = 20;
    private const int Turns = 3;
    private static readonly TimeSpan RequestInterval = TimeSpan.FromMilliseconds(500);

    public static async Task<int> RunAsync(string[] arguments)
    {
        if (arguments is not [var address, ..])
        {
            await Console.Error.WriteLineAsync("usage: dotnet run -c Release --project benchmarks -- serving <address>");
            return 2;
        }
        using var http = new HttpClient { BaseAddress = new Uri(address) };
        var grid = new Uri(http.BaseAddress, $"api/runs/served/samples?count={Pictures}");
        await ServedRun.TrainAsync(http, "served");
        using var generator = NetworkState.LoadGenerator(await http.GetByteArrayAsync("api/runs/served/checkpoints/latest/generator"), averaged: true);
        await IdleAsync(http, grid, generator);
        await WhileTrainingAsync(http, grid);
        return 0;
    }

    private static async Task IdleAsync(HttpClient http, Uri grid, Generator generator)
    {
        using var first = await http.GetAsync(grid);
        var etag = first.Headers.ETag!.ToString();
        _ = await WrkAsync(grid, $"If-None-Match: {etag}"); // warm-up
        var notModified = await WrkAsync(grid, $"If-None-Match: {etag}");
        Console.WriteLine($"304, one connection: {notModified.Mean:F2} ms on average, 99th percentile {notModified.Percentile99:F2} ms");
        var (served, drawn) = (new List<double>(), new List<double>());
        for (var round = 0; round < Rounds; round++) // both in every round, so that other load slows both alike
        {
            served.Add((await WrkAsync(grid, "Accept: image/png")).Mean);
            drawn.Add(Draw(generator));
        }
        Console.WriteLine($"grid of {Pictures}: {served.Average():F1} ms served, {drawn.Average():F1} ms for the forward pass and PNG alone: "
            + $"ratio {served.Average() / drawn.Average():F2}");
    }

    /// <summary>Mean milliseconds of the work that every request needs: the forward pass on one thread, and the PNG encoding.</summary>
    private static double Draw(Generator generator)
    {
        _ = get_num_threads(); // the first call on a thread applies the number that another thread set last, so it must come before setting our own
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
            beside.Add(await StepsPerSecondAsync(http, cancellation => RequestAsync(http, grid, latencies, cancellation)));
        }
        using var cancelled = await http.PostAsync("api/runs/training/cancel", null);
        latencies.Sort();
        Console.WriteLine($"during training, {1 / RequestInterval.TotalSeconds:F0} grids a second: "
            + $"99th percentile {latencies[(int)(latencies.Count * 0.99)]:F0} ms over {latencies.Count} requests; "
            + $"training runs at {beside.Average():F2} steps/s meanwhile and {alone.Average():F2} steps/s alone: "
            + $"{1 - beside.Average() / alone.Average():P1} slower");
    }

    private static async Task<double> StepsPerSecondAsync(HttpClient http, Func<CancellationToken, Task> meanwhile)
    {
        using var stop = new CancellationTokenSource();
        var load = meanwhile(stop.Token);
        var (started, before) = (Stopwatch.GetTimestamp(), await StepsAsync(http));
        await Task.Delay(TimeSpan.FromSeconds(SecondsPerTurn));
        var rate = (await StepsAsync(http) - before) / Stopwatch.GetElapsedTime(started).TotalSeconds;
        await stop.CancelAsync();
        await load.ContinueWith(_ => { }, TaskScheduler.Default);
        return rate;
    }

    // Sends a request every half second, without waiting for the response of the previous one.
    private static async Task RequestAsync(HttpClient http, Uri grid, List<double> latencies, CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(RequestInterval);
        while (await timer.WaitForNextTickAsync(cancellation)) _ = OnceAsync();

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
        using var wrk = Process.Start(
            new ProcessStartInfo("wrk", ["-t1", "-c1", "-d5s", "--latency", "-H", header, address.ToString()]) { RedirectStandardOutput = true })!;
        var output = await wrk.StandardOutput.ReadToEndAsync();
        await wrk.WaitForExitAsync();
        return wrk.ExitCode == 0 && MeanLine().Match(output) is { Success: true } mean && PercentileLine().Match(output) is { Success: true } percentile
            ? (Milliseconds(mean), Milliseconds(percentile))
            : throw new InvalidOperationException($"wrk failed: {output}");
    }

    private static double Milliseconds(Match match) =>
        double.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture) * match.Groups[2].Value switch { "us" => 0.001, "ms" => 1, _ => 1000 };

    [GeneratedRegex(@"Latency\s+([\d.]+)(us|ms|s)")]
    private static partial Regex MeanLine();

    [GeneratedRegex(@"99%\s+([\d.]+)(us|ms|s)")]
    private static partial Regex PercentileLine();
}
