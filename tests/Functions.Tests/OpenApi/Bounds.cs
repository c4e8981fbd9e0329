using System.Text.Json.Nodes;

namespace GanFunctions.Functions.Tests.OpenApi;

/// <summary>Valid and invalid values at the bounds of a parameter's schema, as they appear in an address.</summary>
internal static class Bounds
{
    private const string Nonsense = "nonsense";

    public static (IReadOnlyList<string> Valid, IReadOnlyList<string> Invalid) Of(JsonNode schema)
    {
        if (schema["enum"] is JsonArray words) return ([.. words.Select(word => word!.ToString())], [Nonsense, ""]);
        if (schema["oneOf"] is JsonArray choices)
        {
            return (
                [.. choices.SelectMany(choice => Of(choice!).Valid)],
                [.. choices.SelectMany(choice => Of(choice!).Invalid).Where(value => value.Length > 0).Distinct()]);
        }
        switch ((string?)schema["type"])
        {
            case "boolean": return (["true", "false"], [Nonsense]);
            case "integer":
                return ([Text(schema["minimum"]), Text(schema["maximum"])], [Beyond(schema["minimum"], -1), Beyond(schema["maximum"], 1), "1.5", Nonsense]);
            case "number": return ([Text(schema["minimum"]), Text(schema["maximum"])], [Beyond(schema["minimum"], -1), Beyond(schema["maximum"], 1), Nonsense]);
            case "array":
                var (valid, invalid) = Of(schema["items"]!);
                var (fewest, most) = ((int)schema["minItems"]!, (int)schema["maxItems"]!);
                return (
                    [.. valid.SelectMany(value => new[] { Repeated(value, fewest), Repeated(value, most) })],
                    [
                        .. invalid.Select(value => Repeated(value, fewest)),
                        .. fewest > 1 ? new[] { Repeated(valid[0], fewest - 1) } : [],
                        Repeated(valid[0], most + 1),
                    ]);
            case "string" when schema["minLength"] is not null: return (["anything"], [""]);
            default: return ([], []); // text with a pattern: a value that does not match is a 404
        }
    }

    private static string Repeated(string value, int times) => string.Join(',', Enumerable.Repeat(value, times));

    private static string Text(JsonNode? bound) => bound!.ToJsonString();

    private static string Beyond(JsonNode? bound, int direction) => ((decimal)bound! + direction).ToString();
}
