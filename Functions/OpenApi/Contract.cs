using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using GanFunctions.Functions.Checkpoints;
using GanFunctions.Functions.Datasets;
using GanFunctions.Functions.Health;
using GanFunctions.Functions.Losses;
using GanFunctions.Functions.Runs;
using GanFunctions.Functions.Samples;

namespace GanFunctions.Functions.OpenApi;

/// <summary>The OpenAPI document (https://spec.openapis.org/oas/v3.1.1): what every feature says of its calls, and what all have in common.</summary>
internal static class Contract
{
    private static readonly JsonSerializerOptions Readable = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly IReadOnlyList<Feature> Features =
    [
        RunOperations.Feature, LossOperations.Feature, PictureOperations.Feature, CheckpointOperations.Feature, DatasetOperations.Feature,
        HealthOperations.Feature, OpenApiOperations.Feature,
    ];

    /// <summary>The document as JSON, indented.</summary>
    public static string Write()
    {
        var schemas = new Schemas();
        var paths = new JsonObject();
        foreach (var (feature, operation) in Features.SelectMany(feature => feature.Operations.Select(operation => (feature, operation))))
        {
            if (paths[operation.Path] is not JsonObject path) paths[operation.Path] = path = [];
            path[operation.Method] = operation.ToJson(feature.Name, schemas);
        }
        var responses = new JsonObject();
        foreach (var answer in Features.SelectMany(feature => feature.Operations).SelectMany(operation => operation.AllAnswers))
            if (answer.Name is not null && !responses.ContainsKey(answer.Name)) responses[answer.Name] = answer.ToJson(schemas);
        return new JsonObject
        {
            ["openapi"] = "3.1.1",
            ["info"] = new JsonObject
            {
                ["title"] = "GanFunctions",
                ["version"] = "1.0.0",
                ["summary"] = "Trains generative adversarial networks and draws pictures with them.",
                ["description"] = "A training is a run. It goes on in the background and commits a checkpoint at the end of every epoch; pictures are drawn from the "
                    + "latest one, or from any other. Errors are problem details (RFC 9457) that name every bad field, the value given and what is valid. "
                    + "A parameter or a field that nobody knows is an error. What is `null` is not known, not yet or not at all.",
                ["license"] = new JsonObject { ["name"] = "MIT", ["identifier"] = "MIT" },
            },
            // Relative to where this document is, so that it holds behind a proxy that serves the app below a path of its own, too.
            ["servers"] = new JsonArray(new JsonObject { ["url"] = "..", ["description"] = "The app that serves this document" }),
            ["security"] = Security.Optional,
            ["tags"] = new JsonArray([.. Features.Select(feature => new JsonObject { ["name"] = feature.Name, ["description"] = feature.Description })]),
            ["paths"] = paths,
            ["components"] = new JsonObject { ["schemas"] = schemas.ToJson(), ["responses"] = responses, ["securitySchemes"] = Security.Schemes },
        }.ToJsonString(Readable);
    }
}
