using System.Diagnostics;
using System.Globalization;
using System.Net;

namespace GanFunctions.Benchmarks;

/// <summary>
/// <c>samples http://localhost:7071 1234 [64]</c>: for large requests for pictures, the time, the peak memory of the app, and the response time of a
/// small request alone and beside them. The arguments are the address and the process id of an app, and the side of colour pictures to train a
/// run on; without it, the run trains on the built-in digits.
/// </summary>
internal static class SamplesCommand
{
    private const string Run = "served";
    private const int Alone = 20;
    private const int Pictures = 128; // of an uploaded data set
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(7); // the app returns memory five seconds after the last small request
    private static int _seed = 1000; // every small request is a new one

    // The largest valid ones for a 28x28 grey picture, and for larger shapes; those that are too large for the run are refused.
    private static readonly string[] Large =
    [
        "samples?count=1024&scale=16",
        "samples?count=1024&scale=4",
        "samples?count=1024&scale=16&format=jpeg",
        "samples?count=1024&scale=16&format=zip",
        "samples?count=1024&format=npy",
        "samples?count=1024&scale=8&format=webp",
        "samples?count=1024&scale=4&format=webp",
        "samples?count=64&scale=7&format=webp",
        "walk?count=64&frames=32&scale=2",
        "walk?count=64&frames=18&scale=2",
        "walk?count=16&frames=24&scale=4&format=webp",
        "timelapse",
    ];

    public static async Task<int> RunAsync(string[] arguments)
    {
        var side = 0;
        if (arguments is not [var address, var process, ..] || arguments.Length > 3 || (arguments.Length == 3 && !int.TryParse(arguments[2], out side)))
        {
            await Console.Error.WriteLineAsync("usage: samples <address> <process id of the app> [side of colour pictures: 28, 32, 64 or 128]");
            return 2;
        }
        using var http = new HttpClient { BaseAddress = new Uri(address), Timeout = TimeSpan.FromMinutes(10) };
        if (side > 0) await RunsCommand.UploadAsync(http, "colour", new(side, 3), Pictures);
        await ServedRun.TrainAsync(http, Run, side > 0 ? "colour" : "digits");

        await SmallAsync(http); // warm-up
        var alone = new List<double>();
        for (var time = 0; time < Alone; time++) alone.Add(await SmallAsync(http));
        Console.WriteLine($"{Processor.Name}; a small request alone: {Median(alone):F0} ms (median of {Alone})\n");
        Console.WriteLine("request                                        status  seconds  peak MB  idle MB   small beside it, ms: median  slowest");
        foreach (var large in Large) await MeasureAsync(http, process, large);
        return 0;
    }

    private static async Task MeasureAsync(HttpClient http, string process, string large)
    {
        await File.WriteAllTextAsync($"/proc/{process}/clear_refs", "5"); // resets the peak: proc_pid_clear_refs(5)
        var response = RequestAsync(http, $"api/runs/{Run}/{large}");
        var beside = new List<double>();
        while (!response.IsCompleted)
        {
            await Task.WhenAny(response, Task.Delay(200));
            if (!response.IsCompleted) beside.Add(await SmallAsync(http));
        }
        var (status, seconds) = await response;
        var peak = ProcessMemory.Megabytes(process, ProcessMemory.Peak);
        await Task.Delay(Settle);
        Console.WriteLine($"{large,-46} {(int)status,6}  {seconds,7:F1}  {peak,7:F0}  {ProcessMemory.Megabytes(process, ProcessMemory.Resident),7:F0}   "
            + (beside.Count == 0 ? "" : $"{Median(beside),26:F0}  {beside.Max(),7:F0}"));
    }

    private static async Task<(HttpStatusCode Status, double Seconds)> RequestAsync(HttpClient http, string path)
    {
        var started = Stopwatch.GetTimestamp();
        using var response = await http.GetAsync(path);
        return (response.StatusCode, Stopwatch.GetElapsedTime(started).TotalSeconds);
    }

    private static async Task<double> SmallAsync(HttpClient http)
    {
        var seed = (++_seed).ToString(CultureInfo.InvariantCulture);
        return (await RequestAsync(http, $"api/runs/{Run}/samples?count=4&seed={seed}")).Seconds * 1000;
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
