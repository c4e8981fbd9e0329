using System.Globalization;
using System.Numerics;
using System.Text.Json.Nodes;
using GanFunctions.Core.Storage;

namespace GanFunctions.Functions.Http;

/// <summary>
/// A parameter of a call. It is declared once: <see cref="QueryReader"/> reads it by this declaration, and the OpenAPI document describes it.
/// </summary>
/// <param name="Name">The name.</param>
/// <param name="Description">What the parameter does; Markdown.</param>
/// <param name="Schema">The valid values, as JSON Schema.</param>
public abstract record Parameter(string Name, string Description, JsonObject Schema)
{
    /// <summary>An example value.</summary>
    public JsonNode? Example { get; init; }

    /// <summary>Whether the parameter is a part of the path, and therefore always given.</summary>
    public bool IsInPath { get; init; }

    /// <summary>The run's id in the path.</summary>
    public static Parameter<string> Run { get; } = Id("run", "The run's id.", "first");

    /// <summary>The data set's name in the path.</summary>
    public static Parameter<string> Dataset { get; } = Id("name", "The data set's name.", "pets");

    /// <summary>A whole number.</summary>
    /// <param name="name">The name.</param>
    /// <param name="description">What the parameter does.</param>
    /// <param name="from">The smallest valid number.</param>
    /// <param name="to">The largest valid number.</param>
    /// <param name="otherwise">The default.</param>
    public static Parameter<T> WholeNumber<T>(string name, string description, T from, T to, T otherwise) where T : struct, IBinaryInteger<T> => new(
        name, description, With(Range("integer", from, to), "default", JsonValue.Create(otherwise)), WholeNumbersFrom(from, to),
        text => TryParse(text, from, to, out var value) ? (true, value) : default, otherwise);

    /// <summary>A whole number without a default.</summary>
    /// <inheritdoc cref="WholeNumber{T}(string, string, T, T, T)"/>
    public static Parameter<T?> WholeNumber<T>(string name, string description, T from, T to) where T : struct, IBinaryInteger<T> => new(
        name, description, Range("integer", from, to), WholeNumbersFrom(from, to),
        text => TryParse(text, from, to, out var value) ? (true, value) : default, null);

    /// <summary>A number with a fraction.</summary>
    public static Parameter<double> Number(string name, string description, double from, double to, double otherwise) => new(
        name, description, With(Range("number", from, to), "default", otherwise), string.Create(CultureInfo.InvariantCulture, $"a number from {from} to {to}"),
        text => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && value >= from && value <= to
            ? (true, value)
            : default,
        otherwise);

    /// <summary>Whole numbers, separated by commas.</summary>
    /// <param name="name">The name.</param>
    /// <param name="description">What the parameter does.</param>
    /// <param name="to">The largest valid number; the smallest is zero.</param>
    /// <param name="least">The smallest valid count of numbers.</param>
    /// <param name="most">The largest valid count of numbers.</param>
    /// <param name="example">Example values.</param>
    public static Parameter<IReadOnlyList<long>?> WholeNumbers(string name, string description, long to, int least, int most, params long[] example) => new(
        name, description,
        new() { ["type"] = "array", ["items"] = Range("integer", 0L, to), ["minItems"] = least, ["maxItems"] = most },
        $"{(least == most ? $"{most}" : $"{least} to {most}")} whole numbers from 0 to {to}, separated by commas",
        text =>
        {
            var values = text.Split(',').Select(part => TryParse(part, 0L, to, out var value) ? value : (long?)null).ToList();
            return values.Count >= least && values.Count <= most && !values.Contains(null) ? (true, [.. values.OfType<long>()]) : default;
        },
        null)
    {
        Example = new JsonArray([.. example]),
    };

    /// <summary>One of a list of words, in any case; converted to lower case, and null if it is not given.</summary>
    /// <param name="name">The name.</param>
    /// <param name="description">What the parameter does.</param>
    /// <param name="valid">The valid words.</param>
    /// <param name="otherwise">The default to document, if the absence of the parameter means one of the words.</param>
    public static Parameter<string?> Choice(string name, string description, IReadOnlyList<string> valid, string? otherwise = null) => new(
        name, description, With(new() { ["type"] = "string", ["enum"] = new JsonArray([.. valid]) }, "default", otherwise),
        $"one of {string.Join(", ", valid)}",
        text => valid.Contains(text, StringComparer.OrdinalIgnoreCase) ? (true, text.ToLowerInvariant()) : default, null);

    /// <summary>One of a list of numbers, without a default.</summary>
    public static Parameter<int?> Choice(string name, string description, IReadOnlyList<int> valid) => new(
        name, description, new() { ["type"] = "integer", ["enum"] = new JsonArray([.. valid]) }, $"one of {string.Join(", ", valid)}",
        text => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && valid.Contains(value) ? (true, value) : default, null);

    /// <summary>Text whose validity depends on more than the parameter; null if it is not given.</summary>
    /// <param name="name">The name.</param>
    /// <param name="description">What the parameter does.</param>
    /// <param name="valid">The valid values, to complete the sentence "it must be".</param>
    /// <param name="example">An example value.</param>
    public static Parameter<string?> Text(string name, string description, string valid, string example) => new(
        name, description, new() { ["type"] = "string", ["minLength"] = 1 }, valid, text => text.Length > 0 ? (true, text) : default, null)
    {
        Example = example,
    };

    /// <summary>True or false.</summary>
    public static Parameter<bool> Flag(string name, string description, bool otherwise) => new(
        name, description, new() { ["type"] = "boolean", ["default"] = otherwise }, "one of true, false",
        text => bool.TryParse(text, out var value) ? (true, value) : default, otherwise);

    /// <summary>The format of the response. Without the parameter, <c>Accept</c> decides.</summary>
    /// <param name="offered">The formats, the default first.</param>
    public static FormatParameter Format(params IReadOnlyList<Format> offered) => new(offered);

    /// <summary>A Parameter Object (https://spec.openapis.org/oas/v3.1.1#parameter-object).</summary>
    public JsonObject ToJson()
    {
        var parameter = new JsonObject { ["name"] = Name, ["in"] = IsInPath ? "path" : "query", ["description"] = Description };
        if (IsInPath) parameter["required"] = true;
        if ((string?)Schema["type"] == "array") (parameter["style"], parameter["explode"]) = ("form", false);
        parameter["schema"] = Schema.DeepClone();
        if (Example is not null) parameter["example"] = Example.DeepClone();
        return parameter;
    }

    /// <summary>The schema of numbers in a range.</summary>
    internal static JsonObject Range<T>(string type, T from, T to) => new()
    {
        ["type"] = type,
        ["minimum"] = JsonValue.Create(from),
        ["maximum"] = JsonValue.Create(to),
    };

    /// <summary>Adds a keyword to a schema, unless its value is null.</summary>
    internal static JsonObject With(JsonObject schema, string keyword, JsonNode? value)
    {
        if (value is not null) schema[keyword] = value;
        return schema;
    }

    /// <summary>Reads a whole number in a range.</summary>
    internal static bool TryParse<T>(string text, T from, T to, out T value) where T : struct, IBinaryInteger<T> =>
        T.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value) && value >= from && value <= to;

    /// <summary>An id in the path.</summary>
    internal static Parameter<string> Id(string name, string description, string example) => new(
        name, description, new() { ["type"] = "string", ["pattern"] = $"^{ResourceId.Pattern}$" }, $"text that matches {ResourceId.Pattern}",
        text => (true, text), "")
    {
        Example = example,
        IsInPath = true,
    };

    private static string WholeNumbersFrom<T>(T from, T to) => $"a whole number from {from} to {to}";
}

/// <summary>A parameter with the type of its values.</summary>
/// <param name="Name">The name.</param>
/// <param name="Description">What the parameter does; Markdown.</param>
/// <param name="Schema">The valid values, as JSON Schema.</param>
/// <param name="Valid">The valid values, to complete the sentence "it must be".</param>
/// <param name="Parse">Reads a value; not valid unless it returns true.</param>
/// <param name="Otherwise">The value if the parameter is not given, or not valid.</param>
public record Parameter<T>(
    string Name, string Description, JsonObject Schema, string Valid, Func<string, (bool IsValid, T Value)> Parse, T Otherwise)
    : Parameter(Name, Description, Schema);

/// <summary>The parameter <c>format</c>.</summary>
public sealed record FormatParameter(IReadOnlyList<Format> Offered) : Parameter<Format?>(
    "format", "Format of the response. By default, the `Accept` header decides, or without one, the first format listed applies.",
    new() { ["type"] = "string", ["enum"] = new JsonArray([.. Offered.Select(format => format.Name)]) },
    $"one of {string.Join(", ", Offered.Select(format => format.Name))}",
    text => Offered.FirstOrDefault(format => format.Name.Equals(text, StringComparison.OrdinalIgnoreCase)) is { } format ? (true, format) : default,
    null);
