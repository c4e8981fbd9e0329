namespace GanFunctions.Core.Sweeps;

/// <summary>Everything that is wrong with a request, by field.</summary>
public sealed class Faults
{
    private const int MaxPerField = 8; // the same fault can have another text in every trial

    private readonly SortedDictionary<string, List<string>> _problems = new(StringComparer.Ordinal);

    /// <summary>Whether nothing is wrong.</summary>
    public bool AreNone => _problems.Count == 0;

    /// <summary>Whether anything is wrong with a field.</summary>
    public bool Concern(string field) => _problems.ContainsKey(field);

    /// <summary>Adds a problem, unless it is already known.</summary>
    /// <param name="field">Name of the field.</param>
    /// <param name="problem">The problem; names the field, the value given and what is valid.</param>
    public void Add(string field, string problem)
    {
        if (!_problems.TryGetValue(field, out var problems)) _problems[field] = problems = [];
        if (problems.Count < MaxPerField && !problems.Contains(problem)) problems.Add(problem);
    }

    /// <summary>Adds problems with parts of a field.</summary>
    /// <param name="prefix">The field with a separator, such as <c>options.</c>.</param>
    /// <param name="problems">The problems by name of the part; each begins with that name.</param>
    public void Add(string prefix, IEnumerable<KeyValuePair<string, string[]>> problems)
    {
        foreach (var (part, texts) in problems)
            foreach (var text in texts) Add(prefix + part, prefix + text);
    }

    /// <summary>All problems by field.</summary>
    public IReadOnlyDictionary<string, string[]> ToDictionary() => _problems.ToDictionary(field => field.Key, field => field.Value.ToArray());
}
