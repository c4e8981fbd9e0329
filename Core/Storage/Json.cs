using System.Text.Json;
using System.Text.Json.Serialization;

namespace GanFunctions.Core.Storage;

/// <summary>How JSON is written and read everywhere: by the API, in table rows, and in blobs.</summary>
public static class Json
{
    /// <summary>The API and table rows: camelCase names, enumerations by name, numbers as numbers.</summary>
    public static JsonSerializerOptions Options { get; } = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false) },
        NumberHandling = JsonNumberHandling.Strict,
    };

    /// <summary>Blobs: the same, indented. A document that lacks a value it must have is damaged.</summary>
    public static JsonSerializerOptions Document { get; } = new(Options)
    {
        WriteIndented = true,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
    };

    /// <summary>Reads a stored document whose member <c>format</c> counts the versions of its format.</summary>
    /// <param name="name">The document's name, for error messages.</param>
    /// <param name="stored">The document.</param>
    /// <param name="newestFormat">The newest format that the caller can read. Older formats are read as well.</param>
    /// <exception cref="NewerFormatException">The document has a newer format.</exception>
    /// <exception cref="InvalidDataException">The document is not JSON, or lacks a value it must have.</exception>
    public static T ReadDocument<T>(string name, BinaryData stored, int newestFormat)
    {
        try
        {
            var format = stored.ToObjectFromJson<FormatOnly>(Document)?.Format ?? 0;
            if (format > newestFormat)
                throw new NewerFormatException($"{name} has format {format}; this version reads formats up to {newestFormat}.");
            return stored.ToObjectFromJson<T>(Document) ?? throw new InvalidDataException($"{name} cannot be read: it is null.");
        }
        catch (JsonException damage)
        {
            throw new InvalidDataException($"{name} cannot be read: {damage.Message}", damage);
        }
    }

    private sealed record FormatOnly(int Format = 0);
}

/// <summary>A stored document was written by a later version of this program. It is left unchanged.</summary>
public sealed class NewerFormatException(string message) : Exception(message);
