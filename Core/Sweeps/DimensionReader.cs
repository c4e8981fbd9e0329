using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using GanFunctions.Core.Training;

namespace GanFunctions.Core.Sweeps;

/// <summary>Reads the values that a sweep tries for an option, and checks each by the rules of the option.</summary>
internal sealed class DimensionReader(string option, PropertyInfo property, Faults faults)
{
    private const int MaxSteps = 10_000;
    private const string Example = "a list of values such as [0.001, 0.002], or a range such as {\"min\": 0.0001, \"max\": 0.01, \"log\": true}";

    private static readonly string[] RangeFields = ["min", "max", "log", "step"];

    private readonly string _field = $"space.{option}";

    /// <summary>Reads the values.</summary>
    /// <returns>Null if anything is wrong.</returns>
    public Dimension? Read(JsonNode? given) => given switch
    {
        JsonArray { Count: > 0 } list => ReadList(list),
        JsonArray => Refuse("[] is not valid; it must have at least one value."),
        JsonObject range => ReadRange(range),
        _ => Refuse($"{Text(given)} is not valid; it must be {Example}."),
    };

    private ListDimension? ReadList(JsonArray list)
    {
        var isValid = true;
        foreach (var value in list) isValid &= IsValid(value);
        var twice = list.Select(Text).GroupBy(text => text).Where(same => same.Count() > 1).Select(same => same.Key).ToList();
        foreach (var text in twice) Refuse($"{text} is in the list more than once.");
        return isValid && twice.Count == 0 ? new ListDimension(option, [.. list.Select(value => value?.DeepClone())]) : null;
    }

    private Dimension? ReadRange(JsonObject range)
    {
        var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        if (type != typeof(int) && type != typeof(long) && type != typeof(double))
            return Refuse($"{Text(range)} is not valid; only options that are numbers can have a range. It must be a list of values.");

        var isValid = true;
        foreach (var name in range.Select(field => field.Key).Except(RangeFields))
            isValid = Wrong($"{name} is not a field of a range; valid are {string.Join(", ", RangeFields)}.");
        foreach (var name in (string[])["min", "max"])
            isValid &= range[name] is { } end ? IsValid(end) : Wrong($"{name} is missing; a range such as {Text(range)} needs min and max.");
        var isLog = false;
        if (range["log"] is { } log && !(log is JsonValue flag && flag.TryGetValue(out isLog)))
            isValid = Wrong($"log: {Text(log)} is not valid; it must be true or false.");
        double? step = null;
        if (range["step"] is { } given)
        {
            if (given is JsonValue number && number.TryGetValue<double>(out var value)) step = value;
            else isValid = Wrong($"step: {Text(given)} is not valid; it must be a number.");
        }
        if (!isValid) return null;

        var read = new RangeDimension(option, (double)range["min"]!, (double)range["max"]!, isLog, step, IsWhole: type != typeof(double));
        return HasValues(read) ? read : null;
    }

    private bool HasValues(RangeDimension range)
    {
        var isValid = true;
        if (range.Min > range.Max) isValid = Wrong(FormattableString.Invariant($"min {range.Min} is greater than max {range.Max}."));
        if (range is { IsLog: true, Min: <= 0 })
            isValid = Wrong(FormattableString.Invariant($"min {range.Min} is not valid with \"log\": true; it must be greater than 0."));
        if (range.Step is not { } step) return isValid;
        if (range.IsLog && step <= 1)
        {
            return Wrong(FormattableString.Invariant(
                $"step {step} is not valid with \"log\": true; it is the ratio of two values, and must be greater than 1."));
        }
        if (step <= 0) return Wrong(FormattableString.Invariant($"step {step} is not valid; it must be greater than 0."));
        if (range is { IsWhole: true, IsLog: false } && step != Math.Floor(step))
            return Wrong(FormattableString.Invariant($"step {step} is not valid; it must be a whole number, because {option} is one."));
        if (isValid && range.Count > MaxSteps)
        {
            return Wrong(FormattableString.Invariant(
                $"step {step} is not valid; the range has {range.Count} values with it, and at most {MaxSteps} are possible."));
        }
        return isValid;
    }

    private bool IsValid(JsonNode? value)
    {
        if (value is null && OptionsReader.IsOptional(property)) return true;
        var problems = new SortedDictionary<string, string[]>(StringComparer.Ordinal);
        if (value is not null && property.PropertyType == typeof(InitFrom)) InitFromReader.Read(option, value, problems);
        else OptionsReader.Convert(property, option, value, problems);
        foreach (var problem in problems.SelectMany(each => each.Value)) faults.Add(_field, $"space.{problem}");
        return problems.Count == 0;
    }

    private bool Wrong(string problem)
    {
        faults.Add(_field, $"{_field}: {problem}");
        return false;
    }

    private ListDimension? Refuse(string problem)
    {
        Wrong(problem);
        return null;
    }

    private static string Text(JsonNode? value) => value?.ToJsonString(JsonSerializerOptions.Web) ?? "null";
}
