using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace GanFunctions.Benchmarks;

/// <summary>
/// <c>benchmarks parallel</c>: the speed of a run on one worker and on several, by turns, in running apps that share a storage account. Everything counts:
/// training, moving files, merging, measuring and messages. The processors are shared too, so train with one thread for each worker.
/// </summary>
internal static class ParallelCommand
{
    private const string Usage = """
        usage: benchmarks/in-app.sh parallel [dataset=digits] [workers=2] [turns=2] [option=value ...]
        """;

    public static async Task<int> RunAsync(string[] args)
    {
        if (args.Length < 2 || NamedArguments.Parse(args[2..]) is not { AreValid: true } given)
        {
            await Console.Error.WriteLineAsync(Usage);
            return 2;
        }
        var options = QualityCommand.Combinations(given.Options).Single();
        var (workers, turns) = (Take("workers", 2), Take("turns", 2));
        using var http = new HttpClient { BaseAddress = new(args[0]) };
        Console.WriteLine($"{Processor.Name}\nworkers  pictures/s   seconds of an epoch");
        for (var turn = 0; turn < turns; turn++)
        {
            foreach (var number in new[] { 1, workers })
            {
                var body = new JsonObject { ["dataset"] = "digits", ["epochs"] = 3, ["threads"] = 1, ["workers"] = number };
                foreach (var (name, value) in options) body[name] = value?.DeepClone();
                var (pictures, seconds) = await TrainAsync(http, body);
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{number,7}  {pictures / seconds,10:F0}  {seconds,20:F1}"));
            }
        }
        return 0;

        int Take(string name, int otherwise)
        {
            var number = (int?)options[name] ?? otherwise;
            options.Remove(name);
            return number;
        }
    }

    /// <summary>Trains a run.</summary>
    /// <returns>Pictures in an epoch, and the mean time from the end of one epoch to the end of the next.</returns>
    private static async Task<(int Pictures, double Seconds)> TrainAsync(HttpClient http, JsonObject body)
    {
        using var answer = await http.PostAsJsonAsync("api/runs", body);
        var run = (await answer.Content.ReadFromJsonAsync<JsonObject>())!;
        if (!answer.IsSuccessStatusCode) throw new InvalidOperationException($"The app rejected the run: {run["detail"]} {run["errors"]?.ToJsonString()}");
        var id = (string)run["run"]!;
        while (run["state"]!.ToString() is not "completed" and var state)
        {
            if (state is "failed" or "cancelled") throw new InvalidOperationException($"The run is {state}: {run["error"]}");
            await Task.Delay(TimeSpan.FromSeconds(1));
            run = (await http.GetFromJsonAsync<JsonObject>($"api/runs/{id}"))!;
        }
        var rows = (await http.GetFromJsonAsync<JsonObject>($"api/runs/{id}/losses"))!["epochs"]!.AsArray();
        var times = rows.Select(row => (DateTimeOffset)row!["time"]!).ToList();
        return ((int)run["progress"]!["stepsPerEpoch"]! * (int)run["options"]!["batchSize"]!, (times[^1] - times[0]).TotalSeconds / (times.Count - 1));
    }
}
