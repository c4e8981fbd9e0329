using System.Text.Json.Nodes;
using GanFunctions.Core.Storage;
using GanFunctions.Functions.Http;

namespace GanFunctions.Functions.OpenApi;

/// <summary>A parameter of a call.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Description">What it does; Markdown.</param>
/// <param name="Schema">What is valid.</param>
/// <param name="Example">One as it might be.</param>
/// <param name="IsInPath">Whether it is a part of the path, and so never left out.</param>
internal sealed record Parameter(string Name, string Description, JsonObject Schema, JsonNode? Example = null, bool IsInPath = false)
{
    /// <summary>The part of the path that says which run.</summary>
    public static Parameter Run { get; } = new("run", "The run's id.", Text($"^{ResourceId.Pattern}$"), "first", IsInPath: true);

    /// <summary>The part of the path that says which data set.</summary>
    public static Parameter Dataset { get; } = new("name", "The data set's name.", Text("^[a-z0-9-]{1,40}$"), "pets", IsInPath: true);

    /// <summary>Which checkpoint, as a part of the path.</summary>
    public static Parameter EpochInPath { get; } = new("epoch", "The number of an epoch, `latest`, or `best`: that with the lowest Fréchet distance.", EpochSchema(), "latest", IsInPath: true);

    /// <summary>Which checkpoint.</summary>
    public static Parameter Epoch { get; } = new("epoch", EpochInPath.Description, With(EpochSchema(), "default", "latest"));

    /// <summary>A whole number in a range.</summary>
    public static Parameter WholeNumber(string name, string description, long from, long to, long? otherwise = null) =>
        new(name, description, With(Range("integer", from, to), "default", otherwise));

    /// <summary>A number in a range.</summary>
    public static Parameter Number(string name, string description, double from, double to, double otherwise) =>
        new(name, description, With(Range("number", from, to), "default", otherwise));

    /// <summary>Whole numbers between commas.</summary>
    public static Parameter WholeNumbers(string name, string description, long from, long to, int fewest, int most, params long[] example) =>
        new(name, description, new() { ["type"] = "array", ["items"] = Range("integer", from, to), ["minItems"] = fewest, ["maxItems"] = most }, new JsonArray([.. example]));

    /// <summary>One of a list of words.</summary>
    public static Parameter Choice(string name, string description, IEnumerable<string> valid, string? otherwise = null) =>
        new(name, description, With(new() { ["type"] = "string", ["enum"] = new JsonArray([.. valid]) }, "default", otherwise));

    /// <summary>One of a list of numbers.</summary>
    public static Parameter Choice(string name, string description, IEnumerable<int> valid) =>
        new(name, description, new() { ["type"] = "integer", ["enum"] = new JsonArray([.. valid]) });

    /// <summary>Yes or no.</summary>
    public static Parameter Flag(string name, string description, bool otherwise) => new(name, description, new() { ["type"] = "boolean", ["default"] = otherwise });

    /// <summary>What the answer is written as.</summary>
    public static Parameter Form(params Format[] offered) =>
        Choice("format", "What the answer is written as. Without it `Accept` decides; where that says nothing either, the first.", offered.Select(format => format.Name));

    /// <summary>A Parameter Object.</summary>
    public JsonObject ToJson()
    {
        var parameter = new JsonObject { ["name"] = Name, ["in"] = IsInPath ? "path" : "query", ["description"] = Description };
        if (IsInPath) parameter["required"] = true;
        if ((string?)Schema["type"] == "array") (parameter["style"], parameter["explode"]) = ("form", false);
        parameter["schema"] = Schema.DeepClone();
        if (Example is not null) parameter["example"] = Example.DeepClone();
        return parameter;
    }

    private static JsonObject Text(string pattern) => new() { ["type"] = "string", ["pattern"] = pattern };

    private static JsonObject EpochSchema() => new()
    {
        ["oneOf"] = new JsonArray(Range("integer", 1, 99_999), new JsonObject { ["type"] = "string", ["enum"] = new JsonArray("latest", "best") }),
    };

    private static JsonObject Range<T>(string type, T from, T to) => new() { ["type"] = type, ["minimum"] = JsonValue.Create(from), ["maximum"] = JsonValue.Create(to) };

    private static JsonObject With(JsonObject schema, string keyword, JsonNode? value)
    {
        if (value is not null) schema[keyword] = value;
        return schema;
    }
}
