using System.Text.Json.Nodes;

namespace GanFunctions.Functions.OpenApi;

/// <summary>How a call shows that it may be made.</summary>
internal static class Security
{
    private const string Header = "functionKeyHeader";
    private const string Query = "functionKeyQuery";

    /// <summary>The key, in one of two places.</summary>
    public static JsonObject Schemes => new()
    {
        [Header] = Key("header", "x-functions-key", "A function key."),
        [Query] = Key("query", "code", "The same where headers cannot be set, as in an address that a browser opens. Addresses get into logs."),
    };

    /// <summary>Either way, or none: on loopback addresses no key is asked for.</summary>
    public static JsonArray Optional => [new JsonObject { [Header] = new JsonArray() }, new JsonObject { [Query] = new JsonArray() }, new JsonObject()];

    /// <summary>Never any.</summary>
    public static JsonArray None => [];

    private static JsonObject Key(string place, string name, string description) => new()
    {
        ["type"] = "apiKey",
        ["in"] = place,
        ["name"] = name,
        ["description"] = description + " A host that can be reached on loopback addresses only asks for none.",
    };
}
