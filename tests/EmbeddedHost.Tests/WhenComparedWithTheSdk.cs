using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace GanFunctions.EmbeddedHost.Tests;

/// <summary>
/// The app is compiled against either these types or the SDK's. sdk-shapes.txt has, of the SDK's members, those offered here; a
/// member that is only here would compile on one host and not on the other.
/// </summary>
public sealed partial class WhenComparedWithTheSdk
{
    [Fact]
    public void Every_public_member_has_the_shape_it_has_there()
    {
        var expected = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "sdk-shapes.txt"))
            .Where(line => line.Length > 0 && line[0] != '#');
        Assert.Equal(string.Join('\n', expected), string.Join('\n', Types().SelectMany(Describe)));
    }

    private static IEnumerable<Type> Types() => typeof(FunctionsApplication).Assembly.GetExportedTypes()
        .Where(type => type.Namespace == "GanFunctions.EmbeddedHost" && !type.Name.StartsWith("Azurite", StringComparison.Ordinal))
        .OrderBy(type => type.Name, StringComparer.Ordinal);

    private static IEnumerable<string> Describe(Type type)
    {
        yield return Name(type);
        if (type.IsEnum)
        {
            yield return "    " + string.Join(", ", Enum.GetNames(type));
            yield break;
        }

        const BindingFlags All = BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
        var lines = type.GetMembers(All).Where(IsWritten).Select(member => member switch
        {
            ConstructorInfo constructor => $"new({Parameters(constructor)})",
            PropertyInfo property => $"{Name(property.PropertyType)} {property.Name} {{ {Accessors(property)}}}",
            MethodInfo method => $"{(method.IsStatic ? "static " : "")}{Name(method.ReturnType)} {method.Name}{Generic(method)}({Parameters(method)})",
            _ => member.ToString()!,
        });
        foreach (var line in lines.Order(StringComparer.Ordinal))
        {
            yield return "    " + line;
        }
    }

    /// <summary>Not what the compiler adds to a record, nor accessors, nor overrides of what every object has.</summary>
    private static bool IsWritten(MemberInfo member) => member switch
    {
        MethodInfo method => (!method.IsSpecialName || method.Name.StartsWith("op_Implicit", StringComparison.Ordinal))
            && method.GetCustomAttribute<CompilerGeneratedAttribute>() is null
            && method.GetBaseDefinition().DeclaringType == method.DeclaringType,
        ConstructorInfo constructor => constructor.GetCustomAttribute<CompilerGeneratedAttribute>() is null
            && !constructor.DeclaringType!.IsAbstract,
        PropertyInfo => true,
        _ => false,
    };

    private static string Parameters(MethodBase method) => string.Join(", ", method.GetParameters().Select(parameter =>
        (parameter.GetCustomAttribute<ParamArrayAttribute>() is null ? "" : "params ")
        + Name(parameter.ParameterType) + " " + parameter.Name + (parameter.HasDefaultValue ? " = " + Default(parameter.DefaultValue) : "")));

    private static string Default(object? value) => value switch
    {
        null => "default",
        bool flag => flag ? "true" : "false",
        _ => Convert.ToString(value, System.Globalization.CultureInfo.InvariantCulture)!,
    };

    private static string Accessors(PropertyInfo property) => (property.GetMethod?.IsPublic == true ? "get; " : "")
        + (property.SetMethod is not { IsPublic: true } setter ? ""
            : setter.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit)) ? "init; " : "set; ");

    private static string Generic(MethodInfo method) =>
        method.IsGenericMethod ? $"<{string.Join(", ", method.GetGenericArguments().Select(Name))}>" : "";

    private static string Name(Type type)
    {
        if (Nullable.GetUnderlyingType(type) is { } underlying)
        {
            return Name(underlying) + "?";
        }

        if (type.IsArray)
        {
            return Name(type.GetElementType()!) + "[]";
        }

        var plain = type == typeof(string) ? "string" : type == typeof(object) ? "object" : type == typeof(int) ? "int"
            : type == typeof(bool) ? "bool" : type == typeof(void) ? "void" : Arity().Replace(type.Name, "");
        return type.IsGenericType ? $"{plain}<{string.Join(", ", type.GetGenericArguments().Select(Name))}>" : plain;
    }

    [GeneratedRegex("`[0-9]+")]
    private static partial Regex Arity();
}
