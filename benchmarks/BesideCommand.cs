using System.Diagnostics;
using System.IO.Compression;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using NetVips;

namespace GanFunctions.Benchmarks;

/// <summary>
/// <c>benchmarks beside</c>: seconds until calls to the API take effect, on an idle worker and while it trains a slice that lasts minutes.
/// For an app with one worker and no other runs, on either host.
/// </summary>
internal static class BesideCommand
{
    private const int Pictures = 300;

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    public static async Task<int> RunAsync(string[] arguments)
    {
        if (arguments is not [var address] || !Uri.TryCreate(address + "/", UriKind.Absolute, out var uri))
        {
            await Console.Error.WriteLineAsync("usage: dotnet run -c Release --project benchmarks -- beside <address of an idle app>");
            return 2;
        }
        using var http = new HttpClient { BaseAddress = uri, Timeout = TimeSpan.FromMinutes(10) };
        var (busy, next, data) = ($"busy-{Id()}", $"next-{Id()}", $"beside-{Id()}");

        Console.WriteLine("idle worker");
        await MeasureAsync("start a run: out of the queue", async () =>
        {
            await ServedRun.StartAsync(http, Run(busy, epochs: 5));
            await UntilAsync(http, busy, run => State(run) != "queued");
        });
        await UntilAsync(http, busy, run => (int)run["progress"]!["step"]! > 0);

        Console.WriteLine("while the worker trains a slice of up to 240 s");
        await MeasureAsync("start another run: prepared and queued", async () =>
        {
            await ServedRun.StartAsync(http, Run(next, epochs: 1));
            await UntilAsync(http, next, run => (int)run["progress"]!["stepsPerEpoch"]! > 0 && State(run) == "queued");
        });
        await MeasureAsync("pause the queued run: paused", () => CallAsync(http, next, "pause", "paused"));
        await MeasureAsync("resume it: queued", () => CallAsync(http, next, "resume", "queued"));
        await MeasureAsync("extend it: queued", () => CallAsync(http, next, "extend", "queued", new() { ["epochs"] = 1 }));
        await MeasureAsync($"upload {Pictures} pictures: ready", () => UploadAsync(http, data));
        await MeasureAsync("cancel the queued run: cancelled", () => CallAsync(http, next, "cancel", "cancelled"));
        await MeasureAsync("delete it: deleted", async () => (await http.DeleteAsync($"api/runs/{next}")).EnsureSuccessStatusCode().Dispose());
        await MeasureAsync("pause the training run: paused", () => CallAsync(http, busy, "pause", "paused"));
        await MeasureAsync("resume it: training", () => CallAsync(http, busy, "resume", "training"));
        await UntilAsync(http, busy, run => run["imagesPerSecond"] is not null && State(run) == "training");
        await MeasureAsync("cancel the training run: cancelled", () => CallAsync(http, busy, "cancel", "cancelled"));

        (await http.DeleteAsync($"api/runs/{busy}")).Dispose();
        (await http.DeleteAsync($"api/datasets/{data}")).Dispose();
        return 0;
    }

    private static string Id() => Guid.NewGuid().ToString("N")[..6];

    private static string State(JsonObject run) => (string)run["state"]!;

    private static JsonObject Run(string id, int epochs) => new() { ["run"] = id, ["dataset"] = "digits", ["epochs"] = epochs, ["qualitySamples"] = 0 };

    private static async Task MeasureAsync(string what, Func<Task> action)
    {
        var watch = Stopwatch.StartNew();
        await action();
        Console.WriteLine($"  {watch.Elapsed.TotalSeconds,6:F2}  {what}");
    }

    private static async Task UntilAsync(HttpClient http, string id, Func<JsonObject, bool> condition)
    {
        while ((await http.GetFromJsonAsync<JsonObject>($"api/runs/{id}"))! is var run && !condition(run))
        {
            if (State(run) == "failed") throw new InvalidOperationException($"{id} failed: {run["error"]}");
            await Task.Delay(Interval);
        }
    }

    private static async Task CallAsync(HttpClient http, string run, string call, string state, JsonObject? body = null)
    {
        using var answer = await http.PostAsJsonAsync($"api/runs/{run}/{call}", body ?? []);
        if (!answer.IsSuccessStatusCode) throw new InvalidOperationException(await answer.Content.ReadAsStringAsync());
        await UntilAsync(http, run, view => State(view) == state);
    }

    private static async Task UploadAsync(HttpClient http, string name)
    {
        using var memory = new MemoryStream();
        await using (var zip = new ZipArchive(memory, ZipArchiveMode.Create, leaveOpen: true))
        {
            for (var index = 0; index < Pictures; index++)
            {
                using var picture = Image.Black(64, 64, bands: 3) + index % 256;
                await using var entry = zip.CreateEntry($"{index % 2}/{index}.png").Open();
                await entry.WriteAsync(picture.Cast(Enums.BandFormat.Uchar).PngsaveBuffer());
            }
        }
        using var content = new ByteArrayContent(memory.ToArray()) { Headers = { ContentType = new MediaTypeHeaderValue("application/zip") } };
        using (var accepted = await http.PutAsync($"api/datasets/{name}?size=64&channels=3", content)) accepted.EnsureSuccessStatusCode();
        while ((await http.GetFromJsonAsync<JsonObject>($"api/datasets/{name}"))! is var view && (string)view["conversion"]!["state"]! != "ready")
        {
            if ((string)view["conversion"]!["state"]! == "failed") throw new InvalidOperationException((string)view["conversion"]!["error"]!);
            await Task.Delay(Interval);
        }
    }
}
