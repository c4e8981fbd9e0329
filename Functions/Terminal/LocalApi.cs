using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using GanFunctions.Core.Runs;
using GanFunctions.Core.Storage;
using GanFunctions.Functions.Datasets;
using GanFunctions.Functions.Runs;

namespace GanFunctions.Functions.Terminal;

/// <summary>The app refused a call.</summary>
/// <param name="status">The status of the response.</param>
/// <param name="message">What is wrong and how to fix it.</param>
public sealed class RefusedException(HttpStatusCode status, string message) : Exception(message)
{
    /// <summary>The status of the response.</summary>
    public HttpStatusCode Status { get; } = status;
}

/// <summary>The app's own HTTP API, as the terminal commands use it.</summary>
public sealed class LocalApi(HttpClient http)
{
    /// <summary>Whether a run still has epochs to train.</summary>
    public static bool IsUnfinished(RunView run) => run.State is not (RunState.Completed or RunState.Failed or RunState.Cancelled or RunState.Cancelling);

    /// <summary>Address of a run on the web page.</summary>
    public Uri PageOf(string run) => new(http.BaseAddress!, $"#/runs/{run}");

    /// <summary>The latest thousand runs.</summary>
    public async Task<IReadOnlyList<RunView>> RunsAsync(CancellationToken cancellation) =>
        (await http.GetFromJsonAsync<RunList>("api/runs?limit=1000", Json.Options, cancellation))!.Runs;

    /// <summary>A run.</summary>
    public async Task<RunView> RunAsync(string run, CancellationToken cancellation) =>
        (await http.GetFromJsonAsync<RunView>($"api/runs/{run}", Json.Options, cancellation))!;

    /// <summary>A data set; null if there is none of that name.</summary>
    public async Task<DatasetView?> FindDatasetAsync(string name, CancellationToken cancellation)
    {
        using var response = await http.GetAsync($"api/datasets/{name}", cancellation);
        if (response.StatusCode == HttpStatusCode.NotFound) return null;
        await CheckAsync(response, cancellation);
        return await response.Content.ReadFromJsonAsync<DatasetView>(Json.Options, cancellation);
    }

    /// <summary>Generated pictures of a run as PNG.</summary>
    public Task<byte[]> PicturesAsync(string run, CancellationToken cancellation) =>
        http.GetByteArrayAsync($"api/runs/{run}/samples?count=64&columns=8&scale=3", cancellation);

    /// <summary>Sends a JSON object.</summary>
    /// <exception cref="RefusedException">The app refuses it.</exception>
    public async Task PostAsync(string path, JsonObject? body, CancellationToken cancellation)
    {
        using var response = await http.PostAsJsonAsync(path, body ?? [], cancellation);
        await CheckAsync(response, cancellation);
    }

    /// <summary>Uploads a zip archive.</summary>
    /// <exception cref="RefusedException">The app refuses it.</exception>
    public async Task UploadAsync(string path, HttpContent archive, CancellationToken cancellation)
    {
        // The app may refuse an upload because of its headers; the body is then never sent.
        using var request = new HttpRequestMessage(HttpMethod.Put, path) { Content = archive, Headers = { ExpectContinue = true } };
        archive.Headers.ContentType = new("application/zip");
        using var response = await http.SendAsync(request, cancellation);
        await CheckAsync(response, cancellation);
    }

    private static async Task CheckAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        if (response.IsSuccessStatusCode) return;
        var problem = await response.Content.ReadFromJsonAsync<JsonObject>(cancellation);
        var advice = (string?)problem?["advice"] is { } text ? $" Advice: {text}." : "";
        throw new RefusedException(response.StatusCode, $"{(string?)problem?["detail"] ?? response.ReasonPhrase}{advice}");
    }
}
