using System.Reflection;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace GanFunctions.Functions.OpenApi;

/// <summary>What the comments in the code say of types and properties, as Markdown. The compiler writes them to a file beside each assembly.</summary>
internal sealed partial class Comments
{
    private readonly Dictionary<Assembly, Dictionary<string, XElement>> _files = [];

    /// <summary>The summary of a type; of an enumeration with that of each value.</summary>
    public string? Of(Type type)
    {
        var summary = Text(Find(type, $"T:{NameOf(type)}")?.Element("summary"));
        if (!type.IsEnum) return summary;
        var values = Enum.GetNames(type).Select(name => (name, Comment: Text(Find(type, $"F:{NameOf(type)}.{name}")?.Element("summary"))));
        return string.Join("\n", [summary, "", .. values.Select(value => $"- `{JsonNamingPolicy.CamelCase.ConvertName(value.name)}`: {value.Comment}")]);
    }

    /// <summary>The summary of a property, or what is said of the parameter of a record that it comes from.</summary>
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

    // Types by their names, properties as JSON has them.
    private static string Named(string reference)
    {
        var name = reference[(reference.LastIndexOf('.') + 1)..];
        return reference[0] == 'P' ? $"`{JsonNamingPolicy.CamelCase.ConvertName(name)}`" : name;
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Space();
}
