using System.Text.Json.Nodes;
using GanFunctions.Functions.Http;

namespace GanFunctions.Functions.OpenApi;

/// <summary>A feature of the API: calls under a common tag.</summary>
/// <param name="Name">The tag.</param>
/// <param name="Description">Description of the tag.</param>
/// <param name="Operations">The calls.</param>
internal sealed record Feature(string Name, string Description, IReadOnlyList<Operation> Operations);

/// <summary>A call of the API: a function with an HTTP trigger, method and route.</summary>
/// <param name="Id">The function's name.</param>
/// <param name="Method">The HTTP method in lower case; <c>get</c> includes <c>head</c>, which the document's description states for all calls.</param>
/// <param name="Path">The path of the route.</param>
/// <param name="Summary">What the call does, in a few words.</param>
internal sealed record Operation(string Id, string Method, string Path, string Summary)
{
    /// <summary>Further description; Markdown.</summary>
    public string? Description { get; init; }

    /// <summary>Whether the call requires no key on any host.</summary>
    public bool IsAnonymous { get; init; }

    /// <summary>Path parameters, then query parameters.</summary>
    public IReadOnlyList<Parameter> Parameters { get; init; } = [];

    /// <summary>The request body; null for none.</summary>
    public Body? Body { get; init; }

    /// <summary>The responses of the function itself.</summary>
    public required IReadOnlyList<Response> Responses { get; init; }

    /// <summary>All possible responses by status.</summary>
    public IEnumerable<Response> AllResponses => Responses.Concat(Response.OfHosts(this)).OrderBy(answer => answer.Code, StringComparer.Ordinal);

    /// <summary>An Operation Object.</summary>
    public JsonObject ToJson(string tag, Schemas schemas)
    {
        var operation = new JsonObject { ["operationId"] = Id, ["tags"] = new JsonArray(tag), ["summary"] = Summary };
        if (Description is not null) operation["description"] = Description;
        if (IsAnonymous) operation["security"] = Security.None;
        if (Parameters.Count > 0) operation["parameters"] = new JsonArray([.. Parameters.Select(parameter => parameter.ToJson())]);
        if (Body is not null) operation["requestBody"] = Body.ToJson(schemas);
        var responses = new JsonObject();
        foreach (var answer in AllResponses)
            responses[answer.Code] = answer.Name is null ? answer.ToJson(schemas) : new JsonObject { ["$ref"] = $"#/components/responses/{answer.Name}" };
        operation["responses"] = responses;
        return operation;
    }
}

/// <summary>A request body.</summary>
/// <param name="Description">What it contains.</param>
/// <param name="IsRequired">Whether it is required.</param>
/// <param name="Media">Its media types.</param>
internal sealed record Body(string Description, bool IsRequired, params IReadOnlyList<Media> Media)
{
    /// <summary>A Request Body Object.</summary>
    public JsonObject ToJson(Schemas schemas) => new()
    {
        ["description"] = Description,
        ["required"] = IsRequired,
        ["content"] = OpenApi.Media.ToJson(Media, schemas),
    };
}
