using System.Text.Json;

namespace GanFunctions.EmbeddedHost;

/// <summary>Every input, output, event and status goes through here, in memory or not: what does not survive JSON shows at once.</summary>
internal static class DurableJson
{
    // As the SDK's own converter has it.
    private static readonly JsonSerializerOptions Options = new() { IncludeFields = true };

    public static string? Write(object? value) => value is null ? null : JsonSerializer.Serialize(value, value.GetType(), Options);

    public static T? Read<T>(string? json) => json is null ? default : JsonSerializer.Deserialize<T>(json, Options);

    public static object? Read(string? json, Type type)
    {
        if (json is not null)
        {
            return JsonSerializer.Deserialize(json, type, Options);
        }

        return type.IsValueType ? Activator.CreateInstance(type) : null;
    }
}
