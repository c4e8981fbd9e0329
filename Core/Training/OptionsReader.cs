using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using GanFunctions.Core.Storage;

namespace GanFunctions.Core.Training;

/// <summary>What is wrong with a set of options, all of it at once.</summary>
/// <param name="problems">By field name: each value given and what is valid.</param>
public sealed class OptionsException(IReadOnlyDictionary<string, string[]> problems)
    : Exception(string.Join(" ", problems.SelectMany(field => field.Value)))
{
    /// <summary>By field name: the value given and what is valid.</summary>
    public IReadOnlyDictionary<string, string[]> Problems { get; } = problems;
}

/// <summary>Turns what a user wrote into <see cref="TrainingOptions"/>: the preset's values, with the user's laid over them.</summary>
public static class OptionsReader
{
    private static readonly Dictionary<string, PropertyInfo> Knobs = typeof(TrainingOptions).GetProperties()
        .Where(property => property.GetCustomAttribute<JsonIgnoreAttribute>() is null)
        .ToDictionary(property => JsonNamingPolicy.CamelCase.ConvertName(property.Name));

    /// <summary>Reads, completes and validates <paramref name="given"/>.</summary>
    /// <exception cref="OptionsException">Names every field that is unknown, of the wrong type or out of its range.</exception>
    public static TrainingOptions Read(JsonObject given)
    {
        var problems = new SortedDictionary<string, string[]>(StringComparer.Ordinal);
        var preset = new TrainingOptions().Preset;
        if (given["preset"] is { } wanted && Convert(Knobs["preset"], "preset", wanted, problems) is Preset known) preset = known;

        var options = Presets.Of(preset);
        foreach (var (name, value) in given)
        {
            if (!Knobs.TryGetValue(name, out var knob)) problems[name] = [Unknown(name)];
            else if (value is null && IsOptional(knob)) knob.SetValue(options, null);
            else if (name != "preset" && Convert(knob, name, value, problems) is { } converted) knob.SetValue(options, converted);
        }
        if (options.ImagesPerEpoch < options.BatchSize)
        {
            problems.TryAdd(
                "imagesPerEpoch", [$"imagesPerEpoch: {options.ImagesPerEpoch} is not valid; it must be at least batchSize, which is {options.BatchSize}."]);
        }
        if (options.QualitySamples is > 0 and < TrainingOptions.FewestQualitySamples)
        {
            problems.TryAdd("qualitySamples", [$"qualitySamples: {options.QualitySamples} is not valid; it must be 0, which measures nothing, "
                + $"or a whole number from {TrainingOptions.FewestQualitySamples} to 10000."]);
        }
        if (options is { Patience: not null, QualitySamples: 0 })
            problems.TryAdd("patience", [$"patience: {options.Patience} is not valid; it must be null where qualitySamples is 0, since nothing says which epoch is better."]);
        if (problems.Count > 0) throw new OptionsException(problems);
        return options;
    }

    /// <summary>The reverse of <see cref="Read"/>, complete.</summary>
    public static string Write(TrainingOptions options) => JsonSerializer.Serialize(options, Json.Options);

    private static object? Convert(PropertyInfo knob, string name, JsonNode? value, SortedDictionary<string, string[]> problems)
    {
        try
        {
            var converted = value.Deserialize(knob.PropertyType, Json.Options);
            if (converted is not null && (Rule(knob)?.IsValid(converted) ?? true)) return converted;
        }
        catch (JsonException)
        {
            // Falls through to the same message: the type is part of what is valid.
        }
        problems[name] = [$"{name}: {value?.ToJsonString() ?? "null"} is not valid; it must be {Valid(knob)}."];
        return null;
    }

    private static ValidationAttribute? Rule(PropertyInfo knob) => knob.GetCustomAttribute<ValidationAttribute>();

    private static bool IsOptional(PropertyInfo knob) => Nullable.GetUnderlyingType(knob.PropertyType) is not null;

    private static string Valid(PropertyInfo knob)
    {
        var type = Nullable.GetUnderlyingType(knob.PropertyType) ?? knob.PropertyType;
        if (type.IsEnum) return "one of " + string.Join(", ", Enum.GetNames(type).Select(JsonNamingPolicy.CamelCase.ConvertName));
        if (type == typeof(bool)) return "true or false";
        return Rule(knob) switch
        {
            RangeAttribute range => string.Create(CultureInfo.InvariantCulture,
                $"{(type == typeof(double) ? "a number" : "a whole number")} from {range.Minimum} to {range.Maximum}"),
            RegularExpressionAttribute pattern => $"text that matches {pattern.Pattern}",
            _ => $"of type {type.Name}",
        };
    }

    private static string Unknown(string name)
    {
        var valid = string.Join(", ", Knobs.Keys.Order(StringComparer.Ordinal));
        var meant = Knobs.Keys.FirstOrDefault(knob => string.Equals(knob, name, StringComparison.OrdinalIgnoreCase)
            || knob.StartsWith(name, StringComparison.OrdinalIgnoreCase) || name.StartsWith(knob, StringComparison.OrdinalIgnoreCase));
        return meant is null ? $"{name} is not an option; valid are {valid}." : $"{name} is not an option; did you mean {meant}?";
    }
}
