using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace GanFunctions.Functions.Mlflow;

/// <summary>A run on an MLflow server.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Status">Its status, such as <c>RUNNING</c>.</param>
/// <param name="ArtifactUri">Where its artifacts are stored.</param>
/// <param name="HasParameters">Whether it has parameters.</param>
/// <param name="Tags">Its tags.</param>
internal sealed record MlflowRun(string Id, string Status, string ArtifactUri, bool HasParameters, IReadOnlyDictionary<string, string> Tags)
{
    /// <summary>Reads a <c>Run</c>.</summary>
    public static MlflowRun Of(JsonNode run)
    {
        var (info, data) = (run["info"]!, run["data"]);
        var tags = (data?["tags"] as JsonArray ?? []).ToDictionary(tag => (string)tag!["key"]!, tag => (string?)tag!["value"] ?? "");
        return new(
            (string)info["run_id"]!, (string?)info["status"] ?? "", (string?)info["artifact_uri"] ?? "", data?["params"] is JsonArray { Count: > 0 }, tags);
    }
}

/// <summary>The calls of MLflow's REST API (https://mlflow.org/docs/latest/rest-api.html) that logging a run needs.</summary>
/// <param name="http">A client with the server's address and credentials.</param>
internal sealed class MlflowClient(HttpClient http)
{
    private const string Api = "api/2.0/mlflow";
    private const string Artifacts = "api/2.0/mlflow-artifacts/artifacts";
    private const string ProxiedArtifacts = "mlflow-artifacts";

    /// <summary>The id of an experiment, which is created if it does not exist.</summary>
    public async Task<string> ExperimentAsync(string name, CancellationToken cancellation) =>
        await FindExperimentAsync(name, cancellation) ?? await CreateExperimentAsync(name, cancellation);

    /// <summary>The oldest run with a tag; null if there is none.</summary>
    public async Task<MlflowRun?> FindRunAsync(string experiment, string tag, string value, CancellationToken cancellation)
    {
        var found = await PostAsync("runs/search", new JsonObject
        {
            ["experiment_ids"] = new JsonArray(experiment),
            ["filter"] = $"tags.{tag} = '{value}'",
            ["order_by"] = new JsonArray("attributes.start_time ASC", "attributes.run_id ASC"),
            ["max_results"] = 1,
        }, cancellation);
        return found["runs"] is JsonArray { Count: > 0 } runs ? MlflowRun.Of(runs[0]!) : null;
    }

    /// <summary>Creates a run.</summary>
    public async Task<MlflowRun> CreateRunAsync(
        string experiment, string name, DateTimeOffset start, IEnumerable<KeyValuePair<string, string>> tags, CancellationToken cancellation)
    {
        var created = await PostAsync("runs/create", new JsonObject
        {
            ["experiment_id"] = experiment,
            ["run_name"] = name,
            ["start_time"] = start.ToUnixTimeMilliseconds(),
            ["tags"] = Pairs(tags),
        }, cancellation);
        return MlflowRun.Of(created["run"]!);
    }

    /// <summary>Deletes a run.</summary>
    public Task DeleteRunAsync(string run, CancellationToken cancellation) =>
        PostAsync("runs/delete", new JsonObject { ["run_id"] = run }, cancellation);

    /// <summary>Logs metrics, parameters and tags, at most 1000 together and 100 of the latter two.</summary>
    public Task LogAsync(
        string run, JsonArray metrics, IEnumerable<KeyValuePair<string, string>> parameters, IEnumerable<KeyValuePair<string, string>> tags,
        CancellationToken cancellation) => PostAsync("runs/log-batch", new JsonObject
        {
            ["run_id"] = run,
            ["metrics"] = metrics,
            ["params"] = Pairs(parameters),
            ["tags"] = Pairs(tags),
        }, cancellation);

    /// <summary>Sets the status of a run, and its end if it has ended.</summary>
    public Task UpdateAsync(string run, string status, DateTimeOffset? end, CancellationToken cancellation)
    {
        var body = new JsonObject { ["run_id"] = run, ["status"] = status };
        if (end is { } time) body["end_time"] = time.ToUnixTimeMilliseconds();
        return PostAsync("runs/update", body, cancellation);
    }

    /// <summary>Stores an artifact through the server.</summary>
    /// <returns>False if the server does not store the artifacts of the run itself.</returns>
    public async Task<bool> TryStoreAsync(MlflowRun run, string name, byte[] content, CancellationToken cancellation)
    {
        if (!Uri.TryCreate(run.ArtifactUri, UriKind.Absolute, out var folder) || folder.Scheme != ProxiedArtifacts || folder.Host.Length > 0) return false;
        using var body = new ByteArrayContent(content) { Headers = { ContentType = new MediaTypeHeaderValue("application/octet-stream") } };
        using var answer = await http.PutAsync($"{Artifacts}{folder.AbsolutePath}/{name}", body, cancellation);
        await CheckAsync(answer, cancellation);
        return true;
    }

    private async Task<string?> FindExperimentAsync(string name, CancellationToken cancellation)
    {
        using var answer = await http.GetAsync($"{Api}/experiments/get-by-name?experiment_name={Uri.EscapeDataString(name)}", cancellation);
        if (answer.StatusCode == HttpStatusCode.NotFound) return null;
        await CheckAsync(answer, cancellation);
        return (string?)(await answer.Content.ReadFromJsonAsync<JsonObject>(cancellation))?["experiment"]?["experiment_id"];
    }

    private async Task<string> CreateExperimentAsync(string name, CancellationToken cancellation)
    {
        try
        {
            return (string)(await PostAsync("experiments/create", new JsonObject { ["name"] = name }, cancellation))["experiment_id"]!;
        }
        catch (HttpRequestException taken) when (taken.StatusCode == HttpStatusCode.BadRequest)
        {
            if (await FindExperimentAsync(name, cancellation) is not { } theirs) throw;
            return theirs; // another worker has created it
        }
    }

    private async Task<JsonObject> PostAsync(string call, JsonObject body, CancellationToken cancellation)
    {
        using var answer = await http.PostAsJsonAsync($"{Api}/{call}", body, cancellation);
        await CheckAsync(answer, cancellation);
        return await answer.Content.ReadFromJsonAsync<JsonObject>(cancellation) ?? [];
    }

    private static async Task CheckAsync(HttpResponseMessage answer, CancellationToken cancellation)
    {
        if (answer.IsSuccessStatusCode) return;
        var text = await answer.Content.ReadAsStringAsync(cancellation);
        var path = answer.RequestMessage?.RequestUri?.AbsolutePath;
        throw new HttpRequestException($"{path} answers {(int)answer.StatusCode}: {ReasonOf(text)}", null, answer.StatusCode);
    }

    private static string ReasonOf(string text)
    {
        try
        {
            return (string?)JsonNode.Parse(text)?["message"] ?? "no reason given";
        }
        catch (Exception other) when (other is JsonException or InvalidOperationException)
        {
            return "no reason given";
        }
    }

    private static JsonArray Pairs(IEnumerable<KeyValuePair<string, string>> pairs) =>
        [.. pairs.Select(pair => new JsonObject { ["key"] = pair.Key, ["value"] = pair.Value })];
}
