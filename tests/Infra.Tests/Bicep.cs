using System.Reflection;
using System.Text.Json.Nodes;

namespace GanFunctions.Infra.Tests;

/// <summary>The compiler of the templates in <c>infra/</c>.</summary>
internal static class Bicep
{
    public static string Folder { get; } = Metadata("Infra");

    /// <summary>The ARM template that <c>infra/main.bicep</c> compiles to, and what the compiler said besides.</summary>
    public static async Task<(JsonObject Template, string Said)> BuildAsync()
    {
        var (output, said) = await RunAsync("build", "main.bicep", "--stdout");
        return (JsonNode.Parse(output)!.AsObject(), said);
    }

    /// <summary>Runs it in the folder.</summary>
    /// <exception cref="InvalidOperationException">It failed; the message has what it said.</exception>
    public static Task<(string Output, string Said)> RunAsync(params string[] arguments) => Tool.RunAsync(Metadata("Bicep"), Folder, arguments);

    /// <summary>The resources of a type in the template and its modules, by type.</summary>
    public static IEnumerable<JsonObject> Resources(JsonObject template, string type)
    {
        var resources = template["resources"] switch
        {
            JsonObject named => named.Select(entry => entry.Value!.AsObject()),
            JsonArray listed => listed.Select(entry => entry!.AsObject()),
            _ => [],
        };
        foreach (var resource in resources)
        {
            if ((string)resource["type"]! == type) yield return resource;
            if (resource["properties"]?["template"] is not JsonObject module) continue;
            foreach (var inner in Resources(module, type)) yield return inner;
        }
    }

    private static string Metadata(string key) =>
        typeof(Bicep).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == key).Value!;
}
