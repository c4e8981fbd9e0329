using System.Reflection;
using System.Text.Json.Nodes;

namespace GanFunctions.Infra.Tests;

/// <summary>The compiler of the templates in <c>infra/</c>.</summary>
internal static class Bicep
{
    public static string Folder { get; } = Metadata("Infra");

    /// <summary>The ARM template that <c>infra/main.bicep</c> compiles to, and the compiler's messages.</summary>
    public static async Task<(JsonObject Template, string Messages)> BuildAsync()
    {
        var (output, messages) = await RunAsync("build", "main.bicep", "--stdout");
        return (JsonNode.Parse(output)!.AsObject(), messages);
    }

    /// <summary>Runs the compiler in <see cref="Folder"/>.</summary>
    /// <exception cref="InvalidOperationException">The compiler failed; the message contains its output.</exception>
    public static Task<(string Output, string Messages)> RunAsync(params string[] arguments) => Tool.RunAsync(Metadata("Bicep"), Folder, arguments);

    /// <summary>The resources of a type in the template and its modules.</summary>
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
