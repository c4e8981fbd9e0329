using System.CommandLine;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using GanFunctions.Cli.Training;

namespace GanFunctions.Cli.Commands;

/// <summary>The options of <c>train</c>: the training options of the API, from its OpenAPI document, and those of an upload.</summary>
internal sealed class TrainOptions
{
    private const string RunRequest = "RunRequest", UploadPath = "/api/datasets/{name}", Dataset = "dataset";
    private static readonly string[] UploadNames = ["size", "channels", "fit", "background", "transpose"];

    private readonly List<Option<string?>> _training = [], _upload = [];

    /// <summary>Reads the OpenAPI document.</summary>
    public TrainOptions()
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("openapi.json")!;
        using var document = JsonDocument.Parse(stream);
        var schemas = document.RootElement.GetProperty("components").GetProperty("schemas");
        foreach (var property in schemas.GetProperty(RunRequest).GetProperty("properties").EnumerateObject())
        {
            if (property.Name != Dataset) _training.Add(OptionOf(property.Name, property.Value, Words(property.Value, schemas)));
        }
        var parameters = document.RootElement.GetProperty("paths").GetProperty(UploadPath).GetProperty("put").GetProperty("parameters");
        foreach (var parameter in parameters.EnumerateArray())
        {
            var name = parameter.GetProperty("name").GetString()!;
            if (UploadNames.Contains(name)) _upload.Add(OptionOf(name, parameter, Words(parameter.GetProperty("schema"), schemas)));
        }
    }

    /// <summary>All options.</summary>
    public IEnumerable<Option> All => [.. _upload, .. _training];

    /// <summary>The given options.</summary>
    public TrainRequest Read(PictureSource source, ParseResult parsed)
    {
        var given = new JsonObject();
        foreach (var (name, value) in Given(parsed, _training)) given[name] = TrainRequest.ToJson(name, value);
        return new(source, Given(parsed, _upload).ToDictionary(each => each.Name, each => each.Value ?? "true"), given);
    }

    private static IEnumerable<(string Name, string? Value)> Given(ParseResult parsed, IEnumerable<Option<string?>> options) =>
        from option in options
        where parsed.GetResult(option) is { Implicit: false }
        select (option.Name.TrimStart('-'), parsed.GetValue(option));

    private static Option<string?> OptionOf(string name, JsonElement described, IReadOnlyList<string> words)
    {
        var option = new Option<string?>($"--{name}")
        {
            Description = FirstSentence(described.GetProperty("description").GetString()!),
            HelpName = words.Count is > 0 and < 6 ? string.Join('|', words) : "value",
            Arity = ArgumentArity.ZeroOrOne, // --conditional is true
        };
        option.CompletionSources.Add([.. words]);
        return option;
    }

    // The words of an enumeration, or those of a truth value.
    private static List<string> Words(JsonElement schema, JsonElement schemas)
    {
        if (schema.TryGetProperty("$ref", out var link)) schema = schemas.GetProperty(link.GetString()!.Split('/')[^1]);
        if (schema.TryGetProperty("enum", out var values)) return [.. values.EnumerateArray().Select(value => value.ToString()).Where(value => value.Length > 0)];
        return schema.TryGetProperty("type", out var type) && type.ValueKind == JsonValueKind.String && type.GetString() == "boolean" ? ["true", "false"] : [];
    }

    private static string FirstSentence(string description)
    {
        var end = description.IndexOf(". ", StringComparison.Ordinal);
        return (end < 0 ? description : description[..end]).TrimEnd('.').Replace("`", "", StringComparison.Ordinal);
    }
}
