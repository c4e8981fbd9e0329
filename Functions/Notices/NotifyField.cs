using System.Text.Json;
using System.Text.Json.Nodes;

namespace GanFunctions.Functions.Notices;

/// <summary>
/// The field <c>notify</c> of a start: <c>{"url": "https://..."}</c>, where to send notices about the run. It is not a training option: it does not change
/// what is trained.
/// </summary>
public sealed class NotifyField(NoticeOptions options)
{
    /// <summary>The field's name.</summary>
    public const string Name = "notify";

    private const string Url = "url";
    private const int MaxLength = 2000;

    /// <summary>Takes the field out of a body, and checks it.</summary>
    /// <param name="body">The body.</param>
    /// <param name="problems">Receives what is wrong, by name of the field.</param>
    /// <param name="cancellation">Cancels the check.</param>
    /// <returns>The address; null if there is none or it is not valid.</returns>
    public async Task<string?> ReadAsync(JsonObject body, SortedDictionary<string, string[]> problems, CancellationToken cancellation)
    {
        if (!body.Remove(Name, out var given) || given is null) return null;
        if (given is not JsonObject fields)
        {
            problems[Name] = [$"{Name}: {given.ToJsonString()} is not valid; it must be an object such as {{\"url\": \"https://example.com/notices\"}}."];
            return null;
        }
        foreach (var (unknown, _) in fields.Where(field => field.Key != Url))
            problems[$"{Name}.{unknown}"] = [$"{Name}.{unknown} is not a field here; valid is {Url}."];
        var text = fields[Url] is JsonValue value && value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : null;
        var url = text?.Length <= MaxLength ? NoticeAddress.TryParse(text) : null;
        var problem = url is null
            ? $"it must be {NoticeAddress.Valid}, of at most {MaxLength} characters"
            : await NoticeAddress.ProblemWithAsync(url, options.AllowPrivateAddresses, cancellation);
        if (problem is null) return text;
        problems[$"{Name}.{Url}"] = [$"{Name}.{Url}: {fields[Url]?.ToJsonString() ?? "nothing"} is not valid; {problem}."];
        return null;
    }

    /// <summary>The field as JSON Schema.</summary>
    internal static JsonObject Schema() => new()
    {
        ["type"] = new JsonArray("object", "null"),
        ["description"] = "Where to send notices when the run has completed, failed or been cancelled, and when its pictures begin to show mode collapse. "
            + "By default, nowhere. It is not stored with the options.",
        ["properties"] = new JsonObject
        {
            [Url] = new JsonObject
            {
                ["type"] = "string",
                ["format"] = "uri",
                ["maxLength"] = MaxLength,
                ["description"] = "An http or https address that accepts CloudEvents as `application/cloudevents+json`.",
            },
        },
        ["required"] = new JsonArray(Url),
        ["additionalProperties"] = false,
    };
}
