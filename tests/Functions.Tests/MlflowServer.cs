using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace GanFunctions.Functions.Tests;

/// <summary>
/// A stand-in for an MLflow tracking server that stores its artifacts itself: the calls of https://mlflow.org/docs/latest/rest-api.html that the app makes,
/// with the rules that the real one enforces. A call that breaks one is recorded and refused.
/// </summary>
internal sealed partial class MlflowServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Lock _lock = new();
    private readonly ConcurrentQueue<string> _problems = new();
    private readonly List<string> _experiments = [];

    private MlflowServer(string authorization)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.Use(async (context, next) =>
        {
            if (context.Request.Headers.Authorization != authorization) context.Response.StatusCode = 401;
            else if (Interlocked.Decrement(ref _failures) >= 0) context.Response.StatusCode = 500;
            else await next(context);
        });
        _app.MapGet("/api/2.0/mlflow/experiments/get-by-name", (string experiment_name) => FindExperiment(experiment_name));
        Map("experiments/create", CreateExperiment);
        Map("runs/search", SearchRuns);
        Map("runs/create", CreateRun);
        Map("runs/log-batch", LogBatch);
        Map("runs/update", UpdateRun);
        _app.MapPut("/api/2.0/mlflow-artifacts/artifacts/{**path}", StoreAsync);
    }

    private int _failures;

    public string Address => _app.Urls.Single();

    public IEnumerable<string> Problems => _problems;

    public List<MlflowServerRun> Runs { get; } = [];

    public ConcurrentDictionary<string, byte[]> Artifacts { get; } = [];

    /// <summary>Starts a server.</summary>
    /// <param name="authorization">The header to require.</param>
    /// <param name="failures">Number of calls to fail before the first success.</param>
    public static async Task<MlflowServer> StartAsync(string authorization, int failures)
    {
        var server = new MlflowServer(authorization) { _failures = failures };
        await server._app.StartAsync();
        return server;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private void Map(string call, Func<JsonObject, IResult> answer) => _app.MapPost($"/api/2.0/mlflow/{call}", async (HttpRequest request) =>
    {
        if (!request.HasJsonContentType()) return Refuse($"{call}: {request.ContentType}");
        var body = (await JsonNode.ParseAsync(request.Body))!.AsObject();
        lock (_lock) return answer(body);
    });

    private IResult FindExperiment(string name)
    {
        lock (_lock)
        {
            return _experiments.IndexOf(name) is >= 0 and var index
                ? Results.Json(new { experiment = new { experiment_id = $"{index}", name, lifecycle_stage = "active" } })
                : Results.Json(new { error_code = "RESOURCE_DOES_NOT_EXIST", message = $"Could not find experiment with name '{name}'" }, statusCode: 404);
        }
    }

    private IResult CreateExperiment(JsonObject body)
    {
        var name = (string)body["name"]!;
        if (_experiments.Contains(name)) return Refuse("experiments/create: RESOURCE_ALREADY_EXISTS");
        _experiments.Add(name);
        return Results.Json(new { experiment_id = $"{_experiments.Count - 1}" });
    }

    private IResult SearchRuns(JsonObject body)
    {
        var filter = Filter().Match((string)body["filter"]!);
        if (!filter.Success) return Refuse($"runs/search: filter {body["filter"]}");
        var found = Runs.Where(run => run.Tags.GetValueOrDefault(filter.Groups[1].Value) == filter.Groups[2].Value).Take((int)body["max_results"]!);
        return Results.Json(new { runs = found.Select(run => run.ToJson()) });
    }

    private IResult CreateRun(JsonObject body)
    {
        var run = new MlflowServerRun($"{Runs.Count:x32}", (string)body["experiment_id"]!, (string)body["run_name"]!);
        foreach (var tag in body["tags"]!.AsArray()) run.Tags[(string)tag!["key"]!] = (string)tag["value"]!;
        Runs.Add(run);
        return Results.Json(new { run = run.ToJson() });
    }

    private IResult LogBatch(JsonObject body)
    {
        var run = Runs.Single(each => each.Id == (string)body["run_id"]!);
        var (metrics, parameters, tags) = (body["metrics"]!.AsArray(), body["params"]!.AsArray(), body["tags"]!.AsArray());
        if (metrics.Count + parameters.Count + tags.Count > 1000 || parameters.Count > 100 || tags.Count > 100)
            return Refuse("runs/log-batch: too many values");
        foreach (var each in parameters)
        {
            var (key, value) = ((string)each!["key"]!, (string)each["value"]!);
            if (!Key().IsMatch(key) || value.Length > 500) return Refuse($"runs/log-batch: parameter {key}");
            if (!run.Parameters.TryAdd(key, value) && run.Parameters[key] != value) return Refuse($"runs/log-batch: parameter {key} is changed");
        }
        foreach (var each in metrics)
        {
            var key = (string)each!["key"]!;
            if (!Key().IsMatch(key)) return Refuse($"runs/log-batch: metric {key}");
            run.Metrics.Add((key, (double)each["value"]!, (long)each["timestamp"]!, (long)each["step"]!)); // a set: the same one again is ignored
        }
        foreach (var each in tags) run.Tags[(string)each!["key"]!] = (string)each["value"]!;
        return Results.Json(new { });
    }

    private IResult UpdateRun(JsonObject body)
    {
        var status = (string)body["status"]!;
        if (status is not ("RUNNING" or "SCHEDULED" or "FINISHED" or "FAILED" or "KILLED")) return Refuse($"runs/update: {status}");
        var run = Runs.Single(each => each.Id == (string)body["run_id"]!);
        (run.Status, run.End) = (status, (long?)body["end_time"]);
        return Results.Json(new { run_info = new { run_id = run.Id } });
    }

    private async Task<IResult> StoreAsync(string path, HttpRequest request)
    {
        using var content = new MemoryStream();
        await request.Body.CopyToAsync(content);
        Artifacts[path] = content.ToArray();
        return Results.Json(new { });
    }

    private IResult Refuse(string problem)
    {
        _problems.Enqueue(problem);
        return Results.Json(new { error_code = "INVALID_PARAMETER_VALUE", message = problem }, statusCode: 400);
    }

    [GeneratedRegex(@"^tags\.(\w+) = '([^']*)'$")]
    private static partial Regex Filter();

    [GeneratedRegex(@"^[\w\-. /:]{1,250}$")]
    private static partial Regex Key();
}

/// <summary>A run on the server.</summary>
internal sealed class MlflowServerRun(string id, string experiment, string name)
{
    public string Id => id;

    public string Name => name;

    public string Status { get; set; } = "RUNNING";

    public long? End { get; set; }

    public Dictionary<string, string> Tags { get; } = [];

    public Dictionary<string, string> Parameters { get; } = [];

    public HashSet<(string Key, double Value, long Timestamp, long Step)> Metrics { get; } = [];

    public object ToJson() => new
    {
        info = new
        {
            run_id = id,
            run_uuid = id,
            run_name = name,
            experiment_id = experiment,
            status = Status,
            artifact_uri = $"mlflow-artifacts:/{experiment}/{id}/artifacts",
        },
        data = new
        {
            tags = Tags.Select(tag => new { key = tag.Key, value = tag.Value }),
            @params = Parameters.Select(parameter => new { key = parameter.Key, value = parameter.Value }),
        },
    };
}
