using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using GanFunctions.TestKit;

namespace GanFunctions.Functions.Tests;

/// <summary>Calls about sweeps that tests share.</summary>
internal static class SweepCalls
{
    private const string Dataset = "few-noise";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Makes sure that there is a data set whose quality reference takes seconds to compute.</summary>
    public static async Task UploadNoiseAsync(this HttpClient http)
    {
        using var known = await http.GetAsync($"api/datasets/{Dataset}", Cancellation);
        if (known.StatusCode == HttpStatusCode.OK) return;
        using var pictures = new MultipartFormDataContent { { new ByteArrayContent(Uploads.Idx(0x803, [400, 28, 28])), "images", "images" } };
        await http.UploadAsync(Dataset, pictures);
    }

    /// <summary>The body of a sweep whose trials train in seconds.</summary>
    public static JsonObject Body(string sweep, int trials, int parallel, int epochs, JsonObject? halving = null) => new()
    {
        ["sweep"] = sweep,
        ["space"] = new JsonObject
        {
            ["learningRate"] = new JsonObject { ["min"] = 1e-4, ["max"] = 1e-2, ["log"] = true },
            ["beta1"] = new JsonArray(0, 0.5),
        },
        ["options"] = new JsonObject
        {
            ["preset"] = "compact",
            ["widthMultiplier"] = 0.25,
            ["dataset"] = Dataset,
            ["epochs"] = epochs,
            ["imagesPerEpoch"] = 32,
            ["batchSize"] = 16,
            ["qualitySamples"] = 100,
            ["precision"] = "fp32",
            ["threads"] = 1,
        },
        ["trials"] = trials,
        ["parallel"] = parallel,
        ["halving"] = halving,
    };

    /// <summary>Starts a sweep.</summary>
    public static async Task StartSweepAsync(this HttpClient http, JsonObject body)
    {
        using var started = await http.PostAsJsonAsync("api/sweeps", body, Cancellation);
        Assert.True(started.StatusCode == HttpStatusCode.Accepted, await started.Content.ReadAsStringAsync(Cancellation));
        Assert.Equal($"/api/sweeps/{body["sweep"]}", started.Headers.Location?.ToString());
    }

    /// <summary>Waits until the sweep is in a state.</summary>
    public static async Task<JsonObject> SweepUntilAsync(this HttpClient http, string sweep, string state) =>
        await http.SweepUntilAsync(sweep, view => (string)view["state"]! == state, state);

    /// <summary>Waits until a sweep has a property.</summary>
    public static async Task<JsonObject> SweepUntilAsync(this HttpClient http, string sweep, Predicate<JsonObject> condition, string what)
    {
        JsonObject? view = null;
        await Wait.UntilAsync(async () =>
        {
            view = await http.JsonAsync($"api/sweeps/{sweep}");
            await Task.Delay(200, Cancellation); // a sweep has a view of many rows
            return condition(view);
        }, $"{sweep} to be {what}");
        return view!;
    }

    /// <summary>The trials of a sweep.</summary>
    public static List<JsonNode> TrialsOf(JsonObject view) => [.. view["trials"]!.AsArray().Select(trial => trial!)];

    /// <summary>Asserts that a sweep has trained its 12 trials for an epoch, and the best third of them for three.</summary>
    public static void AssertBestThirdIsTrained(JsonObject view)
    {
        var (progress, trials) = (view["progress"]!, TrialsOf(view));
        // A trial that is promoted early may be overtaken later, so more than a third can be promoted.
        Assert.InRange((int)progress["completed"]!, 4, 11);
        Assert.Equal((12, 1.0), ((int)progress["completed"]! + (int)progress["stopped"]!, (double)progress["fraction"]!));
        Assert.All(trials, trial =>
        {
            var isPromoted = (string)trial["state"]! == "completed";
            Assert.Equal(isPromoted ? 3 : 1, (int)trial["epochs"]!);
            Assert.Equal(isPromoted ? [1, 3] : [1], trial["results"]!.AsArray().Select(result => (int)result!["epochs"]!));
        });
        Assert.Equal(trials.Min(trial => (double)trial["metric"]!), (double)view["best"]!["metric"]!);
    }

    /// <summary>What the trials of a sweep have reached.</summary>
    public static IEnumerable<string> ResultsOf(JsonObject view) =>
        TrialsOf(view).Select(trial => $"{trial["trial"]} {trial["state"]} {trial["results"]!.ToJsonString()}");
}
