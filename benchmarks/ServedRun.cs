using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace GanFunctions.Benchmarks;

/// <summary>Starts runs in an app over HTTP.</summary>
internal static class ServedRun
{
    /// <summary>Trains a run of a single step. The quality of its pictures does not affect the measurements.</summary>
    public static async Task TrainAsync(HttpClient http, string id, string dataset = "digits")
    {
        await StartAsync(http, new() { ["run"] = id, ["dataset"] = dataset, ["epochs"] = 1, ["imagesPerEpoch"] = 128, ["qualitySamples"] = 0 });
        await UntilAsync(http, id, run => (string)run["state"]! == "completed");
    }

    /// <summary>Starts a run.</summary>
    public static async Task StartAsync(HttpClient http, JsonObject body)
    {
        using var answer = await http.PostAsJsonAsync("api/runs", body);
        if (!answer.IsSuccessStatusCode) throw new InvalidOperationException(await answer.Content.ReadAsStringAsync());
    }

    /// <summary>Waits until a run meets a condition.</summary>
    public static async Task UntilAsync(HttpClient http, string id, Func<JsonObject, bool> condition)
    {
        while ((await http.GetFromJsonAsync<JsonObject>($"api/runs/{id}"))! is var run && !condition(run))
        {
            if ((string)run["state"]! == "failed") throw new InvalidOperationException($"{id} failed: {run["error"]}");
            await Task.Delay(500);
        }
    }
}
