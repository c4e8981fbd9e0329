using System.Text.Json.Nodes;

namespace GanFunctions.Functions.OpenApi;

/// <summary>The function keys.</summary>
internal static class Security
{
    private const string Header = "functionKeyHeader";
    private const string Query = "functionKeyQuery";

    /// <summary>The key as a header or in the query.</summary>
    public static JsonObject Schemes => new()
    {
        [Header] = Key("header", "x-functions-key", "A function key."),
        [Query] = Key(
            "query", "code", "The same key, for clients that cannot set headers, such as a browser that opens a link. Addresses, and with them the key, "
                + "can appear in logs."),
    };

    /// <summary>Either of them, or none: on loopback addresses no key is required.</summary>
    public static JsonArray Optional => [new JsonObject { [Header] = new JsonArray() }, new JsonObject { [Query] = new JsonArray() }, new JsonObject()];

    /// <summary>No key.</summary>
    public static JsonArray None => [];

    private static JsonObject Key(string place, string name, string description) => new()
    {
        ["type"] = "apiKey",
        ["in"] = place,
        ["name"] = name,
        ["description"] = description + " A host that listens only on loopback addresses requires no key.",
    };
}
