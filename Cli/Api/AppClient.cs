using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace GanFunctions.Cli.Api;

/// <summary>The HTTP API of an app.</summary>
/// <param name="http">A client whose base address is that of the app.</param>
public sealed class AppClient(HttpClient http)
{
    private const string KeyHeader = "x-functions-key";
    private const int MaxRuns = 1000; // in one response

    /// <summary>A client for an app.</summary>
    /// <param name="address">The app's address.</param>
    /// <param name="key">The function key, if the app requires one.</param>
    public static HttpClient Connect(Uri address, string? key)
    {
        var root = address.AbsoluteUri.EndsWith('/') ? address : new Uri($"{address.AbsoluteUri}/");
        var http = new HttpClient { BaseAddress = root, Timeout = Timeout.InfiniteTimeSpan };
        if (!string.IsNullOrEmpty(key)) http.DefaultRequestHeaders.Add(KeyHeader, key);
        return http;
    }

    /// <summary>Address of a run on the web page.</summary>
    public Uri PageOf(string run) => new(http.BaseAddress!, $"#/runs/{run}");

    /// <summary>Reads a JSON object.</summary>
    /// <exception cref="RefusedException">The app refuses the call.</exception>
    /// <exception cref="UnreachableException">The app does not answer.</exception>
    public async Task<JsonObject> GetAsync(string path, CancellationToken cancellation)
    {
        using var response = await SendAsync(new(HttpMethod.Get, path), cancellation);
        return (await response.Content.ReadFromJsonAsync<JsonObject>(cancellation))!;
    }

    /// <summary>A run.</summary>
    /// <inheritdoc cref="GetAsync"/>
    public async Task<RunInfo> RunAsync(string run, CancellationToken cancellation) => RunInfo.Of(await GetAsync($"api/runs/{run}", cancellation));

    /// <summary>The latest thousand runs.</summary>
    /// <inheritdoc cref="GetAsync"/>
    public async Task<IReadOnlyList<RunInfo>> RunsAsync(CancellationToken cancellation) =>
        [.. (await GetAsync($"api/runs?limit={MaxRuns}", cancellation))["runs"]!.AsArray().Select(run => RunInfo.Of(run!))];

    /// <summary>A data set; null if there is none of that name.</summary>
    /// <inheritdoc cref="GetAsync"/>
    public async Task<DatasetInfo?> FindDatasetAsync(string name, CancellationToken cancellation)
    {
        try
        {
            return DatasetInfo.Of(await GetAsync($"api/datasets/{name}", cancellation));
        }
        catch (RefusedException refused) when (refused.Status == HttpStatusCode.NotFound)
        {
            return null;
        }
    }

    /// <summary>Sends a JSON object.</summary>
    /// <inheritdoc cref="GetAsync"/>
    public async Task<JsonObject> PostAsync(string path, JsonObject? body, CancellationToken cancellation)
    {
        using var response = await SendAsync(new(HttpMethod.Post, path) { Content = JsonContent.Create(body ?? []) }, cancellation);
        return (await response.Content.ReadFromJsonAsync<JsonObject>(cancellation))!;
    }

    /// <summary>Deletes something.</summary>
    /// <inheritdoc cref="GetAsync"/>
    public async Task DeleteAsync(string path, CancellationToken cancellation)
    {
        using var response = await SendAsync(new(HttpMethod.Delete, path), cancellation);
    }

    /// <summary>Uploads a file or a part of it.</summary>
    /// <returns>The response; null if it has no body.</returns>
    /// <inheritdoc cref="GetAsync"/>
    public async Task<JsonObject?> UploadAsync(string path, HttpContent? content, CancellationToken cancellation)
    {
        // The app may refuse an upload because of its headers; the body is then never sent.
        var request = new HttpRequestMessage(HttpMethod.Put, path) { Content = content, Headers = { ExpectContinue = content is not null } };
        if (content is not null) content.Headers.ContentType = new("application/zip");
        using var response = await SendAsync(request, cancellation);
        return response.StatusCode == HttpStatusCode.NoContent ? null : await response.Content.ReadFromJsonAsync<JsonObject>(cancellation);
    }

    /// <summary>Reads the content of a response as it arrives.</summary>
    /// <inheritdoc cref="GetAsync"/>
    public Task<HttpResponseMessage> OpenAsync(string path, CancellationToken cancellation) => SendAsync(new(HttpMethod.Get, path), cancellation);

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellation)
    {
        using (request)
        {
            HttpResponseMessage response;
            try
            {
                response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
            }
            catch (HttpRequestException failure)
            {
                throw new UnreachableException($"The app at {http.BaseAddress} does not answer: {failure.Message}. Start it, or name another with --url.");
            }
            if (response.IsSuccessStatusCode) return response;
            using (response) throw new RefusedException(response.StatusCode, await ReasonAsync(response, cancellation));
        }
    }

    private async Task<string> ReasonAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        if (response.StatusCode == HttpStatusCode.Unauthorized)
            return $"The app at {http.BaseAddress} requires a function key, and this one is missing or wrong: give it with --key or in GAN_KEY.";
        try
        {
            var problem = JsonNode.Parse(await response.Content.ReadAsStringAsync(cancellation)) as JsonObject;
            if ((string?)problem?["detail"] is { } detail) return (string?)problem["advice"] is { } advice ? $"{detail} Advice: {advice}." : detail;
        }
        catch (JsonException)
        {
            // A proxy or something else than the app has answered.
        }
        return $"{http.BaseAddress} answered {(int)response.StatusCode} {response.ReasonPhrase}. Is it the address of the app?";
    }
}
