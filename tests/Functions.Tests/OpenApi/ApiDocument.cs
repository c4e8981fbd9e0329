using System.Net.ServerSentEvents;
using System.Text.Json;
using System.Text.Json.Nodes;
using Json.Schema;

namespace GanFunctions.Functions.Tests.OpenApi;

/// <summary>The OpenAPI document of an app, to compare responses with.</summary>
internal sealed class ApiDocument
{
    private static readonly string[] Telling = ["Location", "ETag", "Retry-After", "Cache-Control", "Vary", "X-Checkpoint", "Content-Disposition"];
    private readonly JsonObject _root;
    private readonly JsonObject _closed;

    private ApiDocument(string text)
    {
        Text = text;
        _root = JsonNode.Parse(text)!.AsObject();
        _closed = _root["components"]!["schemas"]!.DeepClone().AsObject();
        Close(_closed);
        Operations =
        [
            .. _root["paths"]!.AsObject().SelectMany(path =>
                path.Value!.AsObject().Select(method => new ApiOperation(method.Key, path.Key, method.Value!.AsObject()))),
        ];
    }

    /// <summary>The document as the app serves it.</summary>
    public string Text { get; }

    public IReadOnlyList<ApiOperation> Operations { get; }

    public static async Task<ApiDocument> OfAsync(HttpClient http) =>
        new(await http.GetStringAsync("api/openapi.json", TestContext.Current.CancellationToken));

    /// <summary>The call that a function implements.</summary>
    public ApiOperation Of(string function) => Operations.Single(operation => operation.Id == function);

    /// <summary>The differences between a response and the document.</summary>
    public async Task<IReadOnlyList<string>> ProblemsOfAsync(ApiOperation operation, HttpResponseMessage answer)
    {
        if (Resolved(operation.Node["responses"]![((int)answer.StatusCode).ToString()]) is not { } declared) return [$"{answer.StatusCode} is not declared"];
        var headers = answer.Headers.Concat(answer.Content.Headers).Select(header => header.Key).Where(Telling.Contains);
        var problems = headers.Where(header => declared["headers"]?[header] is null).Select(header => $"the header {header} is not declared").ToList();
        var body = await answer.Content.ReadAsStringAsync();
        if (answer.Content.Headers.ContentType?.MediaType is not { } type)
        {
            if (body.Length > 0 || declared["content"] is not null) problems.Add("there is a body without a Content-Type, or none although one is declared");
        }
        else if (declared["content"]?[type] is not { } media)
        {
            problems.Add($"{type} is not declared");
        }
        else if (type.EndsWith("json", StringComparison.Ordinal))
        {
            problems.AddRange(ProblemsOf(media["schema"]!, JsonNode.Parse(body)));
        }
        else if (type == "text/event-stream")
        {
            var runs = SseParser.Create(new MemoryStream(await answer.Content.ReadAsByteArrayAsync())).Enumerate().Where(each => each.EventType == "run");
            problems.AddRange(runs.SelectMany(each => ProblemsOf(_closed["RunView"]!, JsonNode.Parse(each.Data))));
        }
        return problems;
    }

    /// <summary>The differences between a value and its schema.</summary>
    public IReadOnlyList<string> ProblemsOf(JsonNode schema, JsonNode? value)
    {
        var whole = schema.DeepClone().AsObject();
        Close(whole);
        (whole["$schema"], whole["$defs"]) = ("https://json-schema.org/draft/2020-12/schema", _closed.DeepClone());
        var result = JsonSchema
            .FromText(whole.ToJsonString().Replace("#/components/schemas/", "#/$defs/", StringComparison.Ordinal))
            .Evaluate(JsonSerializer.SerializeToElement(value), new() { OutputFormat = OutputFormat.List, RequireFormatValidation = true });
        return result.IsValid ? [] : [.. result.Details!.Where(detail => detail.Errors?.Count > 0)
            .Select(detail => $"{detail.InstanceLocation}: {string.Join("; ", detail.Errors!.Select(error => $"{error.Key} {error.Value}"))}")];
    }

    /// <summary>All examples and defaults, with their schemas.</summary>
    public IEnumerable<(string Where, JsonNode Schema, JsonNode? Value)> Examples() => Examples(_root);

    private static IEnumerable<(string Where, JsonNode Schema, JsonNode? Value)> Examples(JsonNode? node) => node switch
    {
        JsonObject named => Own(named).Concat(named.Where(member => member.Key is not ("example" or "default")).SelectMany(member => Examples(member.Value))),
        JsonArray list => list.SelectMany(Examples),
        _ => [],
    };

    private static IEnumerable<(string Where, JsonNode Schema, JsonNode? Value)> Own(JsonObject node)
    {
        if (node["schema"] is { } schema && node.TryGetPropertyValue("example", out var example)) yield return (node.GetPath(), schema, example);
        if (node.TryGetPropertyValue("default", out var value) && node["responses"] is null && !node.GetPath().EndsWith("responses", StringComparison.Ordinal))
            yield return (node.GetPath(), node, value);
    }

    private JsonNode? Resolved(JsonNode? node) =>
        (string?)node?["$ref"] is { } reference ? reference[2..].Split('/').Aggregate((JsonNode?)_root, (place, name) => place![name]) : node;

    // The document allows additional properties, so that later versions can add some. The tests allow none: every property must be documented.
    private static void Close(JsonNode? node)
    {
        if (node is JsonArray list) foreach (var item in list) Close(item);
        if (node is not JsonObject schema) return;
        foreach (var (_, member) in schema.ToList()) Close(member);
        if (schema["properties"] is JsonObject && (string?)schema["type"]?.ToString() is not null) schema.TryAdd("additionalProperties", false);
    }
}

/// <summary>A call, as the document describes it.</summary>
internal sealed record ApiOperation(string Method, string Path, JsonObject Node)
{
    public string Id => (string)Node["operationId"]!;

    public IEnumerable<JsonObject> Parameters => (Node["parameters"] as JsonArray ?? []).Select(parameter => parameter!.AsObject());

    public IEnumerable<JsonObject> Query => Parameters.Where(parameter => (string)parameter["in"]! == "query");

    public IEnumerable<string> Statuses => Node["responses"]!.AsObject().Select(response => response.Key);

    public override string ToString() => $"{Method} {Path}";

    /// <summary>Its address, for a run or a sweep, and a data set.</summary>
    public string At(string run = "nobody", string dataset = "nothing", string epoch = "latest", string block = "0", string projection = "none") => Path[1..]
        .Replace("{run}", run, StringComparison.Ordinal).Replace("{sweep}", run, StringComparison.Ordinal)
        .Replace("{name}", dataset, StringComparison.Ordinal)
        .Replace("{epoch}", epoch, StringComparison.Ordinal).Replace("{upload}", "mine", StringComparison.Ordinal)
        .Replace("{block}", block, StringComparison.Ordinal).Replace("{projection}", projection, StringComparison.Ordinal);
}
