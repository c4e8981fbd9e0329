using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using GanFunctions.Core.Data;
using GanFunctions.Core.Storage;

namespace GanFunctions.Core.Training;

/// <summary>Options are invalid. The exception lists all problems at once.</summary>
/// <param name="problems">Problems by field name; each states the given value and what is valid.</param>
public sealed class OptionsException(IReadOnlyDictionary<string, string[]> problems)
    : Exception(string.Join(" ", problems.SelectMany(field => field.Value)))
{
    /// <summary>Problems by field name; each states the given value and what is valid.</summary>
    public IReadOnlyDictionary<string, string[]> Problems { get; } = problems;
}

/// <summary>Reads <see cref="TrainingOptions"/> from a user's JSON: the values of the preset, overridden by those of the user.</summary>
public static class OptionsReader
{
    private static readonly Dictionary<string, PropertyInfo> Properties = typeof(TrainingOptions).GetProperties()
        .Where(property => property.GetCustomAttribute<JsonIgnoreAttribute>() is null)
        .ToDictionary(property => JsonNamingPolicy.CamelCase.ConvertName(property.Name));

    /// <summary>The name of the data set in <paramref name="given"/>; the default if it is missing or not text.</summary>
    public static string DatasetOf(JsonObject given) =>
        given["dataset"] is JsonValue value && value.TryGetValue<string>(out var name) ? name : new TrainingOptions().Dataset;

    /// <summary>Reads and validates <paramref name="given"/> and fills in the values of the preset, fitted to the data set.</summary>
    /// <param name="given">The user's options.</param>
    /// <param name="data">The data set; null if there is none, and then the options are not fitted to it.</param>
    /// <exception cref="OptionsException">
    /// Some fields are unknown, have the wrong type, are out of range or do not work with the data set.
    /// </exception>
    public static TrainingOptions Read(JsonObject given, DatasetInfo? data = null)
    {
        var problems = new SortedDictionary<string, string[]>(StringComparer.Ordinal);
        var options = Read(given, data, problems);
        return problems.Count > 0 ? throw new OptionsException(problems) : options;
    }

    /// <summary>Reads <paramref name="given"/> as far as it is valid, so that the caller can check more.</summary>
    /// <param name="given">The user's options.</param>
    /// <param name="data">The data set; null if there is none, and then the options are not fitted to it.</param>
    /// <param name="problems">Receives what is wrong, by name of the field.</param>
    /// <returns>The options. Those with a problem have the value of the preset.</returns>
    public static TrainingOptions Read(JsonObject given, DatasetInfo? data, SortedDictionary<string, string[]> problems)
    {
        var preset = Presets.Default;
        if (given["preset"] is { } wanted && Convert(Properties["preset"], "preset", wanted, problems) is Preset known) preset = known;

        var options = Presets.Of(preset);
        foreach (var (name, value) in given)
        {
            if (PropertyOf(name, problems) is not { } property) continue;
            if (value is null && IsOptional(property)) property.SetValue(options, null);
            else if (value is not null && property.PropertyType == typeof(InitFrom)) property.SetValue(options, InitFromReader.Read(name, value, problems));
            else if (name != "preset" && Convert(property, name, value, problems) is { } converted) property.SetValue(options, converted);
        }
        options = RunLength.Resolve(DatasetFit.Apply(options, data, given), data, given, problems);
        foreach (var (name, problem) in DatasetFit.ProblemsWith(options, data)) problems.TryAdd(name, [$"{name}: {problem}"]);
        if (options.ImagesPerEpoch < options.BatchSize)
        {
            problems.TryAdd("imagesPerEpoch",
                [$"imagesPerEpoch: {options.ImagesPerEpoch} is not valid; it must be at least batchSize, which is {options.BatchSize}."]);
        }
        if (options.BatchSize % options.Workers != 0 || options.BatchSize / options.Workers < TrainingOptions.MinBatchSize)
        {
            problems.TryAdd("workers",
                [$"workers: {options.Workers} is not valid; batchSize, which is {options.BatchSize}, must be a multiple of it, with at least "
                    + $"{TrainingOptions.MinBatchSize} pictures for each worker."]);
        }
        if (options.QualitySamples is > 0 and < TrainingOptions.MinQualitySamples)
        {
            problems.TryAdd("qualitySamples",
                [$"qualitySamples: {options.QualitySamples} is not valid; it must be 0 to disable the measurement, or a whole number "
                    + $"from {TrainingOptions.MinQualitySamples} to 10000."]);
        }
        if (options is { Patience: not null, QualitySamples: 0 })
        {
            problems.TryAdd("patience",
                [$"patience: {options.Patience} is not valid; it must be null if qualitySamples is 0, because epochs are then not measured."]);
        }
        return options;
    }

    /// <summary>Writes all options as JSON, the inverse of <see cref="Read(JsonObject, DatasetInfo?)"/> for the same data set.</summary>
    public static string Write(TrainingOptions options) => JsonSerializer.Serialize(options, Json.Options);

    /// <summary>
    /// Reads options that <see cref="Write"/> wrote, perhaps in another app, and validates each of them. They are complete: no preset and no data set fills
    /// in values. One that is missing has the value of a new <see cref="TrainingOptions"/>, as in the row of a run that an earlier version started.
    /// </summary>
    /// <param name="resolved">The options.</param>
    /// <param name="problems">Receives what is wrong, by name of the field.</param>
    /// <returns>Null if anything is wrong.</returns>
    public static TrainingOptions? ReadResolved(JsonObject resolved, SortedDictionary<string, string[]> problems)
    {
        foreach (var (name, value) in resolved)
        {
            if (PropertyOf(name, problems) is not { } property || (value is null && IsOptional(property))) continue;
            if (value is not null && property.PropertyType == typeof(InitFrom)) InitFromReader.Read(name, value, problems);
            else Convert(property, name, value, problems);
        }
        return problems.Count > 0 ? null : resolved.Deserialize<TrainingOptions>(Json.Options);
    }

    /// <summary>The property of an option; null if there is no such option.</summary>
    internal static PropertyInfo? PropertyOf(string name, SortedDictionary<string, string[]> problems)
    {
        if (Properties.TryGetValue(name, out var property)) return property;
        problems[name] = [UnknownOption(name)];
        return null;
    }

    /// <summary>Converts and validates a value; null if that is impossible.</summary>
    internal static object? Convert(PropertyInfo property, string name, JsonNode? value, SortedDictionary<string, string[]> problems)
    {
        try
        {
            var converted = value.Deserialize(property.PropertyType, Json.Options);
            if (converted is not null && (ValidationOf(property)?.IsValid(converted) ?? true)) return converted;
        }
        catch (JsonException)
        {
            // Falls through to the same message, which also names the valid type.
        }
        problems[name] = [$"{name}: {value?.ToJsonString() ?? "null"} is not valid; it must be {ValidValues(property)}."];
        return null;
    }

    private static ValidationAttribute? ValidationOf(PropertyInfo property) => property.GetCustomAttribute<ValidationAttribute>();

    /// <summary>Whether an option can be null.</summary>
    internal static bool IsOptional(PropertyInfo property) =>
        Nullable.GetUnderlyingType(property.PropertyType) is not null || property.PropertyType == typeof(InitFrom);

    private static string ValidValues(PropertyInfo property)
    {
        var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        if (type.IsEnum) return "one of " + string.Join(", ", Enum.GetNames(type).Select(JsonNamingPolicy.CamelCase.ConvertName));
        if (type == typeof(bool)) return "true or false";
        return ValidationOf(property) switch
        {
            RangeAttribute range => string.Create(CultureInfo.InvariantCulture,
                $"{(type == typeof(double) ? "a number" : "a whole number")} from {range.Minimum} to {range.Maximum}"),
            RegularExpressionAttribute pattern => $"text that matches {pattern.Pattern}",
            _ => $"of type {type.Name}",
        };
    }

    private static string UnknownOption(string name)
    {
        var valid = string.Join(", ", Properties.Keys.Order(StringComparer.Ordinal));
        var similar = Properties.Keys.FirstOrDefault(key => string.Equals(key, name, StringComparison.OrdinalIgnoreCase)
            || key.StartsWith(name, StringComparison.OrdinalIgnoreCase) || name.StartsWith(key, StringComparison.OrdinalIgnoreCase));
        return similar is null ? $"{name} is not an option; the options are {valid}." : $"{name} is not an option; did you mean {similar}?";
    }
}
