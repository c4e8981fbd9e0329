using System.Text.Json;
using System.Text.Json.Serialization;

namespace GanFunctions.Core.Storage;

/// <summary>JSON settings of the API, table rows and blobs.</summary>
public static class Json
{
    /// <summary>Settings of the API and of table rows: camelCase names, enumerations by name, numbers never as strings.</summary>
    public static JsonSerializerOptions Options { get; } = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false) },
        NumberHandling = JsonNumberHandling.Strict,
    };

    /// <summary>Settings of blobs: the same, but indented. A missing required value is an error.</summary>
    public static JsonSerializerOptions Document { get; } = new(Options)
    {
        WriteIndented = true,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
    };

    /// <summary>Reads a stored document whose member <c>format</c> is its format version.</summary>
    /// <param name="name">The document's name, for error messages.</param>
    /// <param name="stored">The document.</param>
    /// <param name="newestFormat">The newest format that the caller can read. Older formats are read as well.</param>
    /// <exception cref="NewerFormatException">The document has a newer format.</exception>
    /// <exception cref="InvalidDataException">The document is not JSON, or lacks a required value.</exception>
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

/// <summary>A later version of this program wrote a stored document. The document is left unchanged.</summary>
public sealed class NewerFormatException(string message) : Exception(message);
