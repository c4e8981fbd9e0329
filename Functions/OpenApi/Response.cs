using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using GanFunctions.Functions.Http;

namespace GanFunctions.Functions.OpenApi;

/// <summary>A response to a call.</summary>
/// <param name="Code">The status, or <c>default</c>.</param>
/// <param name="Description">When it is returned.</param>
/// <param name="Media">The media types of its body, the default first; empty without a body.</param>
internal sealed record Response(string Code, string Description, params IReadOnlyList<Media> Media)
{
    /// <summary>A response with a status.</summary>
    public Response(int status, string description, params IReadOnlyList<Media> media)
        : this(status.ToString(CultureInfo.InvariantCulture), description, media)
    {
    }

    /// <summary>Headers of the response.</summary>
    public IReadOnlyList<Header> Headers { get; init; } = [];

    /// <summary>The name under which the document defines a response that many calls share; null to define it with the call.</summary>
    public string? Name { get; init; }

    /// <summary>304, if <c>If-None-Match</c> contains the tag.</summary>
    public static Response NotModified { get; } = new(304, "The client has the current response: `If-None-Match` contains its `ETag`.")
    {
        Name = nameof(NotModified),
        Headers = [Header.ETag, Header.CacheControl, Header.Vary],
    };

    /// <summary>404 for a run that does not exist.</summary>
    public static Response NoRun { get; } = new(404, "There is no such run.", OpenApi.Media.Problem(
        Problem.NotFound("No such run.", "There is no run 'nobody'. GET /api/runs lists the runs.")))
    {
        Name = nameof(NoRun),
    };

    /// <summary>503 if too many requests are waiting.</summary>
    public static Response Busy { get; } = new(503, "Too many requests of this kind are waiting.", OpenApi.Media.Problem(new Problem(
        "https://tools.ietf.org/html/rfc9110#section-15.6.4", Problems.BusyTitle, 503, Problems.BusyDetail)))
    {
        Name = nameof(Busy),
        Headers = [Header.RetryAfter],
    };

    private static readonly Response Unauthorized = new(
        401, "The host requires a key, and the key is missing or wrong. The Functions host sends no body.", OpenApi.Media.Problem(new Problem(
            "https://tools.ietf.org/html/rfc9110#section-15.5.2", "Unauthorized", 401,
            "A valid key is required, as header x-functions-key or as ?code=.")))
    {
        Name = nameof(Unauthorized),
    };

    private static readonly Response Forbidden = new(
        403, "The host requires no key, and therefore rejects changes requested by pages of other sites.", OpenApi.Media.Problem(new Problem(
            "https://tools.ietf.org/html/rfc9110#section-15.5.4", "Forbidden", 403,
            "This host requires no key, and therefore rejects this call from a page of another site.")))
    {
        Name = nameof(Forbidden),
    };

    private static readonly Response Unexpected = new(
        "default", "A server error: 500 if the function failed (the log has details), 503 if the storage failed or while the host shuts down.",
        OpenApi.Media.Problem(new Problem(
            "https://tools.ietf.org/html/rfc9110#section-15.6.1", "An error occurred while processing your request.", 500,
            "Function 'GetRun' failed; see the log.")))
    {
        Name = nameof(Unexpected),
    };

    /// <summary>Responses that a host may return instead of the function.</summary>
    public static IEnumerable<Response> OfHosts(Operation operation) =>
        [.. operation.IsAnonymous ? Array.Empty<Response>() : [Unauthorized], .. operation.Method == "get" ? Array.Empty<Response>() : [Forbidden], Unexpected];

    /// <summary>400 for an invalid request.</summary>
    public static Response Invalid(string field, string problem) => new(
        400, "The request is not valid; the response lists every problem.", OpenApi.Media.Problem(InvalidRequest.Of(field, problem)));

    /// <summary>400 for a call without parameters, if a parameter is given.</summary>
    public static Response NoParameters { get; } = Invalid("limit", "limit is not a parameter here; there are none.") with { Name = nameof(NoParameters) };

    /// <summary>404.</summary>
    public static Response NotFound(string description, string title, string detail, params IReadOnlyList<Header> headers) =>
        new(404, description, OpenApi.Media.Problem(Problem.NotFound(title, detail))) { Headers = headers };

    /// <summary>409.</summary>
    public static Response Conflict(string description, string title, string detail, string run) =>
        new(409, description, OpenApi.Media.Problem(new Conflict(title, detail, run)));

    /// <summary>413.</summary>
    public static Response TooLarge(string title, string detail) => new(413, "The body is too large.", OpenApi.Media.Problem(
        new Problem("https://tools.ietf.org/html/rfc9110#section-15.5.14", title, 413, detail)));

    /// <summary>A Response Object.</summary>
    public JsonObject ToJson(Schemas schemas)
    {
        var answer = new JsonObject { ["description"] = Description };
        if (Headers.Count > 0)
        {
            answer["headers"] = new JsonObject(
                Headers.Select(header => KeyValuePair.Create<string, JsonNode?>(header.Name, header.ToJson())));
        }
        if (Media.Count > 0) answer["content"] = OpenApi.Media.ToJson(Media, schemas);
        return answer;
    }
}

/// <summary>A header of a response.</summary>
/// <param name="Name">The name.</param>
/// <param name="Description">What it means.</param>
/// <param name="Example">An example: text, or a whole number.</param>
internal sealed record Header(string Name, string Description, JsonNode Example)
{
    /// <summary>The entity tag.</summary>
    public static Header ETag { get; } = new("ETag", "Identifies the content; send it back as `If-None-Match`.", "\"1f2e3d4c5b6a79880716253443526170\"");

    /// <summary>The caching directive.</summary>
    public static Header CacheControl { get; } = new("Cache-Control", "How long the response may be cached.", "no-cache");

    /// <summary>The request headers that the response depends on.</summary>
    public static Header Vary { get; } = new("Vary", "Request headers that the response depends on.", "Accept");

    /// <summary>When to retry.</summary>
    public static Header RetryAfter { get; } = new("Retry-After", "Seconds to wait before retrying, if the resource will exist later.", 15);

    /// <summary>The address of the created or changed resource.</summary>
    public static Header Location(string example) => new("Location", "Address of the resource.", example);

    /// <summary>A Header Object.</summary>
    public JsonObject ToJson() => new()
    {
        ["description"] = Description,
        ["schema"] = new JsonObject { ["type"] = Example.GetValueKind() == System.Text.Json.JsonValueKind.Number ? "integer" : "string" },
        ["example"] = Example.DeepClone(),
    };
}

/// <summary>A body in one media type.</summary>
/// <param name="Type">The media type.</param>
/// <param name="Schema">Its schema; null for bytes, which JSON Schema does not describe.</param>
/// <param name="Example">An example.</param>
internal sealed record Media(string Type, Func<Schemas, JsonObject>? Schema = null, JsonNode? Example = null)
{
    /// <summary>JSON of a type, with an example.</summary>
    public static Media Json<T>(T example) => Of("application/json", example);

    /// <summary>JSON with a schema of its own.</summary>
    public static Media Json(Func<Schemas, JsonObject> schema, JsonNode example) => new("application/json", schema, example);

    /// <summary>Problem details.</summary>
    public static Media Problem<T>(T example) where T : Problem => Of("application/problem+json", example);

    /// <summary>Text.</summary>
    public static Media Text(string type, string example) => new(type, _ => new() { ["type"] = "string" }, example);

    /// <summary>Bytes in a format.</summary>
    public static Media Bytes(Format format) => new(format.MediaType);

    /// <summary>The <c>content</c> of a body.</summary>
    public static JsonObject ToJson(IReadOnlyList<Media> media, Schemas schemas)
    {
        var content = new JsonObject();
        foreach (var (type, schema, example) in media)
        {
            var described = new JsonObject();
            if (schema is not null) described["schema"] = schema(schemas);
            if (example is not null) described["example"] = example.DeepClone();
            content[type] = described;
        }
        return content;
    }

    private static Media Of<T>(string type, T example) =>
        new(type, schemas => schemas.Of(typeof(T)), JsonSerializer.SerializeToNode(example, Core.Storage.Json.Options));
}
