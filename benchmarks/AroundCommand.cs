using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace GanFunctions.Benchmarks;

/// <summary>
/// <c>benchmarks around</c>: the overhead per epoch in a running app, which is loading, logging, quality measurement, grid, commit and
/// orchestration. It is the time from the end of one epoch to the end of the next, minus the time of its steps.
/// </summary>
internal static class AroundCommand
{
    private const string Usage = """
        usage: dotnet run -c Release --project benchmarks -- around <address of the app> [dataset] [epochs]
               dotnet run -c Release --project benchmarks -- around http://localhost:7071 mnist 4
        """;

    public static async Task<int> RunAsync(string[] args)
    {
        var epochs = 4;
        if (args.Length is < 1 or > 3 || !Uri.TryCreate(args[0] + "/", UriKind.Absolute, out var address)
            || (args.Length > 2 && !int.TryParse(args[2], out epochs)) || epochs < 2)
        {
            await Console.Error.WriteLineAsync(Usage);
            return 2;
        }
        using var http = new HttpClient { BaseAddress = address };
        var body = new JsonObject { ["dataset"] = args.ElementAtOrDefault(1) ?? "digits", ["epochs"] = epochs };
        using var answer = await http.PostAsJsonAsync("api/runs", body);
        var run = await answer.Content.ReadFromJsonAsync<JsonObject>();
        if (!answer.IsSuccessStatusCode)
        {
            await Console.Error.WriteLineAsync($"The app rejected the run: {run?["detail"]}");
            return 1;
        }
        var id = (string)run!["run"]!;
        Console.WriteLine($"run {id} trains {epochs} epochs on {body["dataset"]}; the first one is not measured");
        while (run["state"]!.ToString() is not "completed" and var state)
        {
            if (state is "failed" or "cancelled") throw new InvalidOperationException($"The run is {state}: {run["error"]}");
            await Task.Delay(TimeSpan.FromSeconds(2));
            run = (await http.GetFromJsonAsync<JsonObject>($"api/runs/{id}"))!;
        }

        var rows = (await http.GetFromJsonAsync<JsonObject>($"api/runs/{id}/losses"))!["epochs"]!.AsArray();
        var pictures = (int)run["progress"]!["stepsPerEpoch"]! * (int)run["options"]!["batchSize"]!;
        var ends = rows.Select(row => ((DateTimeOffset)row!["time"]!, Steps: pictures / (double)row["imagesPerSecond"]!)).ToList();
        Console.WriteLine("epoch   seconds     steps  overhead   share");
        var around = ends.Zip(ends.Skip(1), (before, after) => (Seconds: (after.Item1 - before.Item1).TotalSeconds, after.Steps)).ToList();
        foreach (var (index, (seconds, steps)) in around.Index())
            Console.WriteLine($"{index + 2,5}  {seconds,8:F2}  {steps,8:F2}  {seconds - steps,8:F2}  {1 - steps / seconds,6:P1}");
        Console.WriteLine($"mean share of overhead: {1 - around.Sum(epoch => epoch.Steps) / around.Sum(epoch => epoch.Seconds):P2}");
        return 0;
    }
}
