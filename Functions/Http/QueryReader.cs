using System.Globalization;

namespace GanFunctions.Functions.Http;

/// <summary>Reads query parameters and collects all that is wrong with them. A parameter nobody asked for is wrong too.</summary>
public sealed class QueryReader(IQueryCollection query)
{
    private const string Key = "code"; // the function key, which any call may carry
    private readonly HashSet<string> _known = new(StringComparer.OrdinalIgnoreCase) { Key };
    private readonly SortedDictionary<string, string[]> _problems = new(StringComparer.Ordinal);

    /// <summary>A whole number in a range, or <paramref name="otherwise"/> when it is not given.</summary>
    /// <param name="name">Of the parameter.</param>
    /// <param name="from">The least.</param>
    /// <param name="to">The most.</param>
    /// <param name="otherwise">Where it is not given, or not valid.</param>
    public long WholeNumber(string name, long from, long to, long otherwise)
    {
        if (Text(name) is not { } text) return otherwise;
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value >= from && value <= to)
            return value;
        _problems[name] = [$"{name}: '{text}' is not valid; it must be a whole number from {from} to {to}."];
        return otherwise;
    }

    /// <summary>A number in a range, or <paramref name="otherwise"/> when it is not given.</summary>
    public double Number(string name, double from, double to, double otherwise)
    {
        if (Text(name) is not { } text) return otherwise;
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && value >= from && value <= to) return value;
        _problems[name] = [string.Create(CultureInfo.InvariantCulture, $"{name}: '{text}' is not valid; it must be a number from {from} to {to}.")];
        return otherwise;
    }

    /// <summary>Whole numbers between commas, or null where they are not given or not valid.</summary>
    public IReadOnlyList<long>? WholeNumbers(string name, long from, long to, int fewest, int most)
    {
        if (Text(name) is not { } text) return null;
        var values = text.Split(',').Select(part =>
            long.TryParse(part, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value >= from && value <= to ? value : (long?)null).ToList();
        if (values.Count >= fewest && values.Count <= most && !values.Contains(null)) return [.. values.OfType<long>()];
        _problems[name] = [$"{name}: '{text}' is not valid; it must be {(fewest == most ? $"{most}" : $"{fewest} to {most}")} whole numbers from {from} to {to} with commas between them."];
        return null;
    }

    /// <summary>One of a list of words, or null when it is not given.</summary>
    public string? Choice(string name, params string[] valid)
    {
        if (Text(name) is not { } text) return null;
        if (valid.Contains(text, StringComparer.OrdinalIgnoreCase)) return text.ToLowerInvariant();
        _problems[name] = [$"{name}: '{text}' is not valid; it must be one of {string.Join(", ", valid)}."];
        return null;
    }

    /// <summary>The parameter as given, or null.</summary>
    public string? Text(string name)
    {
        _known.Add(name);
        return query.TryGetValue(name, out var values) && values.Count > 0 ? values[^1] : null;
    }

    /// <summary>Adds what is wrong with a part of the path, or with parameters that do not go together.</summary>
    public void Refuse(string name, string problem) => _problems[name] = [problem];

    /// <summary>The error to answer with, or null when all is well. Call it after everything was read.</summary>
    public IResult? Error()
    {
        foreach (var name in query.Keys.Where(name => !_known.Contains(name)))
            _problems[name] = [$"{name} is not a parameter here; {Valid()}."];
        return _problems.Count == 0 ? null : Problems.Invalid(_problems);

        string Valid() => _known.Count == 1 ? "there are none" : $"valid are {string.Join(", ", _known.Where(name => name != Key).Order())}";
    }
}
