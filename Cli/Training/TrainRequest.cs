using System.Text.Json;
using System.Text.Json.Nodes;

namespace GanFunctions.Cli.Training;

/// <summary>What to train on, and how.</summary>
/// <param name="Source">What to train on.</param>
/// <param name="Upload">The given options for converting the pictures, such as <c>size</c>.</param>
/// <param name="Given">The given training options, without the data set.</param>
public sealed record TrainRequest(PictureSource Source, IReadOnlyDictionary<string, string> Upload, JsonObject Given)
{
    private const string InitFrom = "initFrom";

    /// <summary>What to do if another run uses the data set, so that the pictures cannot be uploaded.</summary>
    public string Advice { get; init; } = "Repeat the command that started it, or end it with 'gan cancel'.";

    /// <summary>The value of a training option as JSON: an option without a value, such as <c>--conditional</c>, is true.</summary>
    /// <param name="name">The option.</param>
    /// <param name="text">Its value on the command line.</param>
    public static JsonNode? ToJson(string name, string? text)
    {
        if (name == InitFrom) return ToInitFrom(text);
        if (text is null) return true;
        try
        {
            return JsonNode.Parse(text) is JsonValue or null ? JsonNode.Parse(text) : text;
        }
        catch (JsonException)
        {
            return text;
        }
    }

    // A run, or a run and an epoch, such as first:3.
    private static JsonObject ToInitFrom(string? value)
    {
        var parts = (value ?? "").Split(':', 2);
        var from = new JsonObject { ["run"] = parts[0] };
        if (parts.Length == 2) from["epoch"] = ToJson("epoch", parts[1]);
        return from;
    }
}
