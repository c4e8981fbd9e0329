using System.Text.Json.Nodes;
using GanFunctions.Functions.Http;

namespace GanFunctions.Functions.OpenApi;

/// <summary>A folder's calls.</summary>
/// <param name="Name">The tag they have in common.</param>
/// <param name="Description">What they are about.</param>
/// <param name="Operations">The calls.</param>
internal sealed record Feature(string Name, string Description, IReadOnlyList<Operation> Operations);

/// <summary>A call of the API: a function with an HTTP trigger, method and route.</summary>
/// <param name="Id">The function's name.</param>
/// <param name="Method">In small letters.</param>
/// <param name="Path">The route, from the root.</param>
/// <param name="Summary">What it does, in a few words.</param>
internal sealed record Operation(string Id, string Method, string Path, string Summary)
{
    /// <summary>What else is to be said; Markdown.</summary>
    public string? Description { get; init; }

    /// <summary>Whether it asks for no key on any host.</summary>
    public bool IsAnonymous { get; init; }

    /// <summary>Parts of the path, then what may follow the question mark.</summary>
    public IReadOnlyList<Parameter> Parameters { get; init; } = [];

    /// <summary>What is sent; null where nothing is.</summary>
    public Body? Body { get; init; }

    /// <summary>Every answer of the function itself.</summary>
    public required IReadOnlyList<Answer> Answers { get; init; }

    /// <summary>Every answer there can be, by status.</summary>
    public IEnumerable<Answer> AllAnswers => Answers.Concat(Answer.OfHosts(this)).OrderBy(answer => answer.Code, StringComparer.Ordinal);

    /// <summary>An Operation Object.</summary>
    public JsonObject ToJson(string tag, Schemas schemas)
    {
        var operation = new JsonObject { ["operationId"] = Id, ["tags"] = new JsonArray(tag), ["summary"] = Summary };
        if (Description is not null) operation["description"] = Description;
        if (IsAnonymous) operation["security"] = Security.None;
        if (Parameters.Count > 0) operation["parameters"] = new JsonArray([.. Parameters.Select(parameter => parameter.ToJson())]);
        if (Body is not null) operation["requestBody"] = Body.ToJson(schemas);
        var responses = new JsonObject();
        foreach (var answer in AllAnswers)
            responses[answer.Code] = answer.Name is null ? answer.ToJson(schemas) : new JsonObject { ["$ref"] = $"#/components/responses/{answer.Name}" };
        operation["responses"] = responses;
        return operation;
    }
}

/// <summary>What is sent with a call.</summary>
/// <param name="Description">What it is.</param>
/// <param name="IsRequired">Whether it may not be left out.</param>
/// <param name="Media">The forms it may have.</param>
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
