using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using GanFunctions.Functions.Http;

namespace GanFunctions.Functions.OpenApi;

/// <summary>An answer to a call.</summary>
/// <param name="Code">The status, or <c>default</c>.</param>
/// <param name="Description">When it is given.</param>
/// <param name="Media">The forms its body may have, the first one where none is asked for; none where there is no body.</param>
internal sealed record Answer(string Code, string Description, params IReadOnlyList<Media> Media)
{
    /// <summary>An answer with a status.</summary>
    public Answer(int status, string description, params IReadOnlyList<Media> media)
        : this(status.ToString(CultureInfo.InvariantCulture), description, media)
    {
    }

    /// <summary>Headers that say more.</summary>
    public IReadOnlyList<Header> Headers { get; init; } = [];

    /// <summary>What many calls have in common the document says once, under this name; null for what it says with the call.</summary>
    public string? Name { get; init; }

    /// <summary>304, where the caller's <c>If-None-Match</c> has the tag.</summary>
    public static Answer NotModified { get; } = new(304, "The caller has the answer already: `If-None-Match` has its `ETag`.")
    {
        Name = nameof(NotModified),
        Headers = [Header.ETag, Header.CacheControl, Header.Vary],
    };

    /// <summary>404 for a run that is not there.</summary>
    public static Answer NoRun { get; } = new(404, "There is no such run.", OpenApi.Media.Problem(
        Problem.NotFound("No such run.", "There is no run 'nobody'. GET /api/runs lists those there are.")))
    {
        Name = nameof(NoRun),
    };

    private static readonly Answer Unauthorized = new(401, "The host asks for a key, and none is shown, or a wrong one. The Functions host sends no body.", OpenApi.Media.Problem(
        new Problem("https://tools.ietf.org/html/rfc9110#section-15.5.2", "Unauthorized", 401, "A valid key is needed, as header x-functions-key or as ?code=.")))
    {
        Name = nameof(Unauthorized),
    };

    private static readonly Answer Forbidden = new(403, "A host that asks for no key lets pages of other sites change nothing.", OpenApi.Media.Problem(
        new Problem("https://tools.ietf.org/html/rfc9110#section-15.5.4", "Forbidden", 403, "A page of another site may not call this without a key.")))
    {
        Name = nameof(Forbidden),
    };

    private static readonly Answer Unexpected = new("default", "Something went wrong that is not the caller's doing: 500 when the function failed, of which the log says more, 503 when the host stops.",
        OpenApi.Media.Problem(new Problem(
            "https://tools.ietf.org/html/rfc9110#section-15.6.1", "An error occurred while processing your request.", 500, "Function 'GetRun' failed; the log says why.")))
    {
        Name = nameof(Unexpected),
    };

    /// <summary>What hosts may answer in the place of a function.</summary>
    public static IEnumerable<Answer> OfHosts(Operation operation) =>
        [.. operation.IsAnonymous ? Array.Empty<Answer>() : [Unauthorized], .. operation.Method == "get" ? Array.Empty<Answer>() : [Forbidden], Unexpected];

    /// <summary>400: what is wrong with a request.</summary>
    public static Answer Invalid(string field, string problem) => new(400, "The request is not valid; all that is wrong with it is named.", OpenApi.Media.Problem(InvalidRequest.Of(field, problem)));

    /// <summary>400 where nothing but an unknown parameter can be wrong.</summary>
    public static Answer NoParameters { get; } = Invalid("limit", "limit is not a parameter here; there are none.") with { Name = nameof(NoParameters) };

    /// <summary>404.</summary>
    public static Answer NotFound(string description, string title, string detail, params IReadOnlyList<Header> headers) =>
        new(404, description, OpenApi.Media.Problem(Problem.NotFound(title, detail))) { Headers = headers };

    /// <summary>409.</summary>
    public static Answer Conflict(string description, string title, string detail, string run) =>
        new(409, description, OpenApi.Media.Problem(new Conflict(title, detail, run)));

    /// <summary>413.</summary>
    public static Answer TooLarge(string title, string detail) => new(413, "The body is too large.", OpenApi.Media.Problem(
        new Problem("https://tools.ietf.org/html/rfc9110#section-15.5.14", title, 413, detail)));

    /// <summary>A Response Object.</summary>
    public JsonObject ToJson(Schemas schemas)
    {
        var answer = new JsonObject { ["description"] = Description };
        if (Headers.Count > 0) answer["headers"] = new JsonObject(Headers.Select(header => KeyValuePair.Create<string, JsonNode?>(header.Name, header.ToJson())));
        if (Media.Count > 0) answer["content"] = OpenApi.Media.ToJson(Media, schemas);
        return answer;
    }
}

/// <summary>A header of an answer.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Description">What it says.</param>
/// <param name="Example">One as it might be: text, or a whole number.</param>
internal sealed record Header(string Name, string Description, JsonNode Example)
{
    /// <summary>By which a client can ask whether it has the answer already.</summary>
    public static Header ETag { get; } = new("ETag", "Names the answer; send it back as `If-None-Match`.", "\"1f2e3d4c5b6a79880716253443526170\"");

    /// <summary>How long the answer may be kept.</summary>
    public static Header CacheControl { get; } = new("Cache-Control", "How long the answer may be kept.", "no-cache");

    /// <summary>What the answer depends on besides the address.</summary>
    public static Header Vary { get; } = new("Vary", "What the answer depends on besides the address, where it does.", "Accept");

    /// <summary>When to ask again.</summary>
    public static Header RetryAfter { get; } = new("Retry-After", "Where it is only a matter of time: seconds to wait before asking again.", 15);

    /// <summary>Where to follow what was begun.</summary>
    public static Header Location(string example) => new("Location", "Where to follow it.", example);

    /// <summary>A Header Object.</summary>
    public JsonObject ToJson() => new()
    {
        ["description"] = Description,
        ["schema"] = new JsonObject { ["type"] = Example.GetValueKind() == System.Text.Json.JsonValueKind.Number ? "integer" : "string" },
        ["example"] = Example.DeepClone(),
    };
}

/// <summary>A body as one media type.</summary>
/// <param name="Type">The media type.</param>
/// <param name="Schema">What it is made of; null for bytes, of which JSON Schema has nothing to say.</param>
/// <param name="Example">One as it might be.</param>
internal sealed record Media(string Type, Func<Schemas, JsonObject>? Schema = null, JsonNode? Example = null)
{
    /// <summary>JSON, as the app writes a value; the schema is that of its type.</summary>
    public static Media Json<T>(T example) => Of("application/json", example);

    /// <summary>JSON that is written by hand.</summary>
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
