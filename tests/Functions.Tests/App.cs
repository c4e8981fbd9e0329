using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using GanFunctions.TestKit;

namespace GanFunctions.Functions.Tests;

/// <summary>The whole app as users run it, in a process of its own, on an Azurite of its own.</summary>
public sealed class App : IAsyncLifetime
{
    public static readonly string Dll = Path.Combine(AppContext.BaseDirectory, "GanFunctions.Functions.dll");

    /// <summary>An unreachable address, from which the shared app tries to download Fashion-MNIST.</summary>
    public const string NoMirror = "http://127.0.0.1:9/nowhere/";

    /// <summary>Setting of the longest pause between two looks at an empty queue of Durable Functions: five seconds, which tests need not wait for.</summary>
    private const string PollingInterval = "AzureFunctionsJobHost__extensions__durableTask__storageProvider__maxQueuePollingInterval";

    private AzuriteFixture? _azurite;
    private AppProcess? _process;

    public AzuriteFixture Azurite => _azurite!;

    public AppProcess Process => _process!;

    public HttpClient Http => Process.Client;

    /// <summary>
    /// Settings that release the work of a killed app after five seconds instead of twenty, so that tests that kill it do not mostly wait. With three, a
    /// very busy machine once took longer to process a message than it was hidden, again and again.
    /// </summary>
    public static string[] ImpatientHub { get; } =
    [
        .. new[] { "leaseInterval", "controlQueueVisibilityTimeout", "workItemQueueVisibilityTimeout" }
            .Select(name => $"--AzureFunctionsJobHost:extensions:durableTask:storageProvider:{name}=00:00:05"),
    ];

    /// <summary>Starts an app on a storage account.</summary>
    public static AppProcess Start(string connection, params string[] arguments) => Start(connection, [], arguments);

    /// <summary>Starts an app on a storage account, with settings as environment variables.</summary>
    public static AppProcess Start(string connection, Dictionary<string, string?> settings, params string[] arguments)
    {
        settings["AzureWebJobsStorage"] = connection;
        settings["Logging__LogLevel__GanFunctions"] = "Debug";
        settings[PollingInterval] = "00:00:00.3";
        return AppProcess.Start(Dll, ["--urls", "http://127.0.0.1:0", .. arguments], settings);
    }

    public async ValueTask InitializeAsync()
    {
        _azurite = await AzuriteFixture.StartAsync();
        _process = Start(_azurite.ConnectionString, "--Datasets:FashionMnistFolder", "/nowhere", "--Datasets:FashionMnistMirrors:0", NoMirror);
        await _process.WaitUntilListeningAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null) await _process.DisposeAsync();
        if (_azurite is not null) await _azurite.DisposeAsync();
    }
}

/// <summary>Calls of the API that tests share.</summary>
internal static class ApiCalls
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>The body of a run that trains in seconds.</summary>
    public static JsonObject Tiny(string run, string dataset = "digits") => new()
    {
        ["run"] = run,
        ["preset"] = "compact",
        ["widthMultiplier"] = 0.25, // few weights, and so little to store
        ["hiddenUnits"] = 0,
        ["weights"] = "normal", // a discriminator that judges little in the first steps, so that pictures of different noise and classes stay different
        ["dataset"] = dataset,
        ["epochs"] = 2,
        ["imagesPerEpoch"] = 64,
        ["batchSize"] = 16,
        ["logEvery"] = 2,
        ["qualitySamples"] = 0,
        ["precision"] = "fp32", // some tests compare two runs, which must have the same precision
        ["threads"] = 1, // two threads do not speed up such a small batch, and wait for each other on a busy machine
    };

    /// <summary>Makes sure that a tiny run of this name has completed. The first test that needs it trains it; none may change it.</summary>
    public static async Task TrainedAsync(this HttpClient http, string run)
    {
        using var started = await http.StartAsync(Tiny(run));
        Assert.True(started.StatusCode is HttpStatusCode.Accepted or HttpStatusCode.Conflict, $"{run}: {started.StatusCode}");
        await http.UntilAsync(run, "completed");
    }

    /// <summary>The body of a run whose epochs take minutes.</summary>
    public static JsonObject Long(string run) => new()
    {
        ["run"] = run,
        ["preset"] = "compact",
        ["widthMultiplier"] = 0.25,
        ["dataset"] = "digits",
        ["epochs"] = 3,
        ["batchSize"] = 32,
        ["qualitySamples"] = 0,
        ["precision"] = "fp32",
        ["threads"] = 1,
    };

    public static Task<HttpResponseMessage> StartAsync(this HttpClient http, JsonObject body) => http.PostAsJsonAsync("api/runs", body, Cancellation);

    public static Task<HttpResponseMessage> CallAsync(this HttpClient http, string path, object? body = null) =>
        http.PostAsJsonAsync(path, body ?? new { }, Cancellation);

    public static async Task<JsonObject> ReadAsync(this HttpResponseMessage response) =>
        JsonNode.Parse(await response.Content.ReadAsStringAsync(Cancellation))!.AsObject();

    public static async Task<JsonObject> JsonAsync(this HttpClient http, string path)
    {
        using var response = await http.GetAsync(path, Cancellation);
        return await response.EnsureSuccessStatusCode().ReadAsync();
    }

    /// <summary>Repeats a call until what it needs has been computed.</summary>
    public static async Task<byte[]> ReadyAsync(this HttpClient http, string path)
    {
        while (true)
        {
            using var response = await http.GetAsync(path, Cancellation);
            if (response is not { StatusCode: HttpStatusCode.ServiceUnavailable, Headers.RetryAfter.Delta: { } delay })
                return await response.EnsureSuccessStatusCode().Content.ReadAsByteArrayAsync(Cancellation);
            await Task.Delay(delay, Cancellation);
        }
    }

    public static async Task<string> StateAsync(this HttpClient http, string run) => (string)(await http.JsonAsync($"api/runs/{run}"))["state"]!;

    /// <summary>Waits until the run is in a state; the test fails at once if the run fails.</summary>
    public static async Task<JsonObject> UntilAsync(this HttpClient http, string run, string state)
    {
        JsonObject? view = null;
        await Wait.UntilAsync(async () =>
        {
            view = await http.JsonAsync($"api/runs/{run}");
            if ((string)view["state"]! == "failed" && state != "failed") Assert.Fail($"{run} failed: {view["error"]}");
            return (string)view["state"]! == state;
        }, $"{run} to be {state}");
        return view!;
    }

    /// <summary>Uploads a data set and waits until it is converted; the test fails if the conversion fails.</summary>
    public static async Task<JsonObject> UploadAsync(this HttpClient http, string name, HttpContent content, string query = "")
    {
        using (var taken = await http.PutAsync($"api/datasets/{name}{query}", content, Cancellation))
        {
            Assert.Equal((HttpStatusCode.Accepted, $"/api/datasets/{name}"), (taken.StatusCode, taken.Headers.Location?.ToString()));
        }
        var view = await http.ConvertedAsync(name);
        if ((string)view["conversion"]!["state"]! != "ready") Assert.Fail($"{name} failed: {view["conversion"]!["error"]}");
        return view;
    }

    /// <summary>The data set once its conversion has ended.</summary>
    public static async Task<JsonObject> ConvertedAsync(this HttpClient http, string name)
    {
        JsonObject? view = null;
        await Wait.UntilAsync(async () =>
        {
            view = await http.JsonAsync($"api/datasets/{name}");
            return (string)view["conversion"]!["state"]! is "ready" or "failed";
        }, $"{name} to be converted");
        return view!;
    }

    /// <summary>The name and hashes of the last checkpoint.</summary>
    public static async Task<(string Name, string Generator, string Training)> LastCheckpointAsync(this HttpClient http, string run)
    {
        var last = (await http.JsonAsync($"api/runs/{run}/checkpoints"))["checkpoints"]!.AsArray()[^1]!;
        return ((string)last["name"]!, (string)last["generator"]!["sha256"]!, (string)last["training"]!["sha256"]!);
    }

    /// <summary>The loss log of a run: a line for each logged step and each epoch.</summary>
    public static async Task<string[]> LossesAsync(this HttpClient http, string run) => LossesIn(await http.JsonAsync($"api/runs/{run}/losses"));

    /// <summary>What of a loss log does not depend on time.</summary>
    public static string[] LossesIn(JsonObject losses) =>
    [
        .. losses["steps"]!.AsArray().Concat(losses["epochs"]!.AsArray())
            .Select(row => $"{row!["epoch"]} {row["step"]} {row["discriminatorLoss"]} {row["generatorLoss"]} {row["realScore"]} {row["fakeScore"]}"),
    ];
}
