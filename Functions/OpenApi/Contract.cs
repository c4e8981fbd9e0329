using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace GanFunctions.Functions.OpenApi;

/// <summary>The OpenAPI document (https://spec.openapis.org/oas/v3.1.1): the calls of all features, and what they have in common.</summary>
public sealed class Contract
{
    private static readonly JsonSerializerOptions Readable = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly Lazy<string> _json;

    /// <param name="features">The features in the order of the document.</param>
    internal Contract(IEnumerable<Feature> features) => _json = new(() => Write([.. features]));

    /// <summary>The document as indented JSON. It does not change while the app runs.</summary>
    public string Json => _json.Value;

    private static string Write(IReadOnlyList<Feature> features)
    {
        var schemas = new Schemas();
        var paths = new JsonObject();
        foreach (var (feature, operation) in features.SelectMany(feature => feature.Operations.Select(operation => (feature, operation))))
        {
            if (paths[operation.Path] is not JsonObject path) paths[operation.Path] = path = [];
            path[operation.Method] = operation.ToJson(feature.Name, schemas);
        }
        var responses = new JsonObject();
        foreach (var answer in features.SelectMany(feature => feature.Operations).SelectMany(operation => operation.AllResponses))
            if (answer.Name is not null && !responses.ContainsKey(answer.Name)) responses[answer.Name] = answer.ToJson(schemas);
        return new JsonObject
        {
            ["openapi"] = "3.1.1",
            ["info"] = new JsonObject
            {
                ["title"] = "GanFunctions",
                ["version"] = "1.0.0",
                ["summary"] = "Trains generative adversarial networks and generates pictures with them.",
                ["description"] = "A run trains in the background and commits a checkpoint at the end of every epoch. Pictures are generated from the latest "
                    + "checkpoint, or from any other. Errors are problem details (RFC 9457) that name every invalid field, the given value and the valid ones. "
                    + "Unknown parameters and fields are errors. A value that is unknown, or not known yet, is `null`. "
                    + "Every GET call also accepts HEAD, which returns the same status and headers without a body.",
                ["license"] = new JsonObject { ["name"] = "MIT", ["identifier"] = "MIT" },
            },
            // Relative to this document, so that it also works behind a proxy that serves the app below a path.
            ["servers"] = new JsonArray(new JsonObject { ["url"] = "..", ["description"] = "The app that serves this document" }),
            ["security"] = Security.Optional,
            ["tags"] = new JsonArray([.. features.Select(feature => new JsonObject { ["name"] = feature.Name, ["description"] = feature.Description })]),
            ["paths"] = paths,
            ["components"] = new JsonObject { ["schemas"] = schemas.ToJson(), ["responses"] = responses, ["securitySchemes"] = Security.Schemes },
        }.ToJsonString(Readable);
    }
}
