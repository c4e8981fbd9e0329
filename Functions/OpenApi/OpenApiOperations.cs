using System.Text.Json.Nodes;

namespace GanFunctions.Functions.OpenApi;

/// <summary>What this document says of itself.</summary>
internal static class OpenApiOperations
{
    /// <summary>One call.</summary>
    public static Feature Feature { get; } = new("contract", "This document.",
    [
        new(nameof(GetOpenApi), "get", "/api/openapi.json", "All calls of the API, in OpenAPI 3.1")
        {
            Answers =
            [
                new(200, "This document.", Media.Json(_ => new() { ["type"] = "object" }, new JsonObject { ["openapi"] = "3.1.1" }))
                {
                    Headers = [Header.ETag, Header.CacheControl],
                },
                Answer.NotModified,
                Answer.NoParameters,
            ],
        },
    ]);
}
