using System.Text.Json;
using System.Text.Json.Nodes;
using GanFunctions.Functions.Http;

namespace GanFunctions.Functions.OpenApi;

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
