using System.ComponentModel.DataAnnotations;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using GanFunctions.Core.Storage;
using GanFunctions.Core.Training;

namespace GanFunctions.Functions.OpenApi;

/// <summary>
/// The schemas of the API's types (JSON Schema 2020-12, as in OpenAPI 3.1), exported by the serializer that writes them. Ranges come from their
/// attributes, descriptions from their XML comments.
/// </summary>
internal sealed class Schemas
{
    private static readonly JsonSerializerOptions Exported = new(Json.Options) { TypeInfoResolver = new DefaultJsonTypeInfoResolver() };
    private readonly SortedDictionary<string, JsonObject> _components = new(StringComparer.Ordinal);
    private readonly Comments _comments = new();

    /// <summary>A reference to the schema of a type, which is created on first use.</summary>
    public JsonObject Of(Type type)
    {
        if (!_components.ContainsKey(type.Name)) _components[type.Name] = Export(type);
        return Reference(type.Name);
    }

    /// <summary>A reference to a schema derived from that of a type.</summary>
    /// <param name="name">The name of the schema.</param>
    /// <param name="type">The type.</param>
    /// <param name="change">Changes the schema.</param>
    /// <param name="defaults">An object of the type whose values are the defaults; null for those of a new object.</param>
    public JsonObject Like(string name, Type type, Action<JsonObject> change, object? defaults = null)
    {
        var schema = Export(type, defaults);
        change(schema);
        _components[name] = schema;
        return Reference(name);
    }

    /// <summary>All schemas by name.</summary>
    public JsonObject ToJson() => new(_components.Select(component => KeyValuePair.Create<string, JsonNode?>(component.Key, component.Value)));

    private JsonObject Export(Type type, object? defaults = null)
    {
        defaults ??= type.GetConstructor([]) is not null ? Activator.CreateInstance(type) : null;
        return Exported.GetJsonSchemaAsNode(type, new() { TreatNullObliviousAsNonNullable = true, TransformSchemaNode = Transform }).AsObject();

        JsonNode Transform(JsonSchemaExporterContext context, JsonNode node)
        {
            var schema = node.AsObject();
            var inner = Nullable.GetUnderlyingType(context.TypeInfo.Type) ?? context.TypeInfo.Type;
            if (context.Path.IsEmpty) return Whole(inner, schema);
            if (IsOurs(inner)) schema = OrNull(Of(inner), IsNullable(schema));
            schema.Remove("default"); // of a constructor's parameter: every property is written, whatever its value
            if (context.PropertyInfo is { AttributeProvider: PropertyInfo property }) Describe(property, schema, defaults);
            return schema;
        }
    }

    /// <summary>Every property is required, because it is always written, except those that are left out if they are null.</summary>
    private JsonObject Whole(Type type, JsonObject schema)
    {
        if (type.IsEnum) schema.Insert(0, "type", "string");
        if (schema["properties"] is JsonObject properties)
            schema["required"] = new JsonArray([.. properties.Select(property => property.Key).Except(Omitted(type)).Select(name => JsonValue.Create(name))]);
        if (_comments.Of(type) is { } comment) schema["description"] = comment;
        return schema;
    }

    private static IEnumerable<string> Omitted(Type type) => type.GetProperties()
        .Where(property => property.GetCustomAttribute<JsonIgnoreAttribute>()?.Condition == JsonIgnoreCondition.WhenWritingNull)
        .Select(property => JsonNamingPolicy.CamelCase.ConvertName(property.Name));

    private void Describe(PropertyInfo property, JsonObject schema, object? defaults)
    {
        if (_comments.Of(property) is { } comment) schema["description"] = comment;
        switch (property.GetCustomAttribute<ValidationAttribute>())
        {
            case RangeAttribute range:
                (schema["minimum"], schema["maximum"]) = (NumberOf(range.Minimum), NumberOf(range.Maximum));
                break;
            case RegularExpressionAttribute pattern:
                schema["pattern"] = $"^{pattern.Pattern}$";
                break;
        }
        if (property.DeclaringType!.IsInstanceOfType(defaults) && property.GetValue(defaults) is { } value) schema["default"] = JsonSerializer.SerializeToNode(value, Exported);
    }

    private static JsonObject Reference(string name) => new() { ["$ref"] = $"#/components/schemas/{name}" };

    private static JsonObject OrNull(JsonObject schema, bool isNullable) =>
        isNullable ? new() { ["anyOf"] = new JsonArray(schema, new JsonObject { ["type"] = "null" }) } : schema;

    private static bool IsNullable(JsonObject schema) => schema["type"] is JsonArray || (schema["enum"] is JsonArray words && words.Contains(null));

    private static bool IsOurs(Type type) => type.Assembly == typeof(Schemas).Assembly || type.Assembly == typeof(TrainingOptions).Assembly;

    // An attribute stores 1 as 1.0 if the other bound is fractional.
    private static JsonNode NumberOf(object bound) => bound switch
    {
        int whole => whole,
        double number when number == Math.Floor(number) => (long)number,
        _ => (double)bound,
    };
}

/// <summary>The XML comments of types and properties as Markdown. The compiler writes them to a file beside each assembly.</summary>
internal sealed partial class Comments
{
    private readonly Dictionary<Assembly, Dictionary<string, XElement>> _files = [];

    /// <summary>The summary of a type; for an enumeration, with the summaries of its values.</summary>
    public string? Of(Type type)
    {
        var summary = Text(Find(type, $"T:{NameOf(type)}")?.Element("summary"));
        if (!type.IsEnum) return summary;
        var values = Enum.GetNames(type).Select(name => (name, Comment: Text(Find(type, $"F:{NameOf(type)}.{name}")?.Element("summary"))));
        return string.Join("\n", [summary, "", .. values.Select(value => $"- `{JsonNamingPolicy.CamelCase.ConvertName(value.name)}`: {value.Comment}")]);
    }

    /// <summary>The summary of a property, or the comment of the record parameter that declares it.</summary>
    public string? Of(PropertyInfo property)
    {
        var type = property.DeclaringType!;
        var parameter = Find(type, $"T:{NameOf(type)}")?.Elements("param").FirstOrDefault(each => each.Attribute("name")?.Value == property.Name);
        return Text(Find(type, $"P:{NameOf(type)}.{property.Name}")?.Element("summary") ?? parameter);
    }

    private XElement? Find(Type type, string member)
    {
        if (!_files.TryGetValue(type.Assembly, out var members))
        {
            members = XDocument.Load(Path.ChangeExtension(type.Assembly.Location, ".xml")).Descendants("member")
                .ToDictionary(each => each.Attribute("name")!.Value);
            _files[type.Assembly] = members;
        }
        return members.GetValueOrDefault(member);
    }

    private static string NameOf(Type type) => type.FullName!.Replace('+', '.');

    private static string? Text(XElement? comment) => comment is null ? null : Space().Replace(string.Concat(comment.Nodes().Select(Part)), " ").Trim();

    private static string Part(XNode node) => node switch
    {
        XText text => text.Value,
        XElement { Name.LocalName: "c" } code => $"`{code.Value}`",
        XElement { Name.LocalName: "paramref" } name => $"`{JsonNamingPolicy.CamelCase.ConvertName(name.Attribute("name")!.Value)}`",
        XElement { Name.LocalName: "see" } reference => Named(reference.Attribute("cref")!.Value),
        XElement other => other.Value,
        _ => "",
    };

    // Types by their names, properties by their JSON names.
    private static string Named(string reference)
    {
        var name = reference[(reference.LastIndexOf('.') + 1)..];
        return reference[0] == 'P' ? $"`{JsonNamingPolicy.CamelCase.ConvertName(name)}`" : name;
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Space();
}
