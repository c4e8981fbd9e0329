using System.Globalization;

namespace GanFunctions.Benchmarks;

/// <summary>The arguments of a command that trains: <c>--name value</c>, and <c>option=value</c> of a run.</summary>
internal sealed record NamedArguments(IReadOnlyDictionary<string, string> Named, IReadOnlyList<string> Options)
{
    /// <summary>Whether all arguments are of these two forms.</summary>
    public bool AreValid => Options.All(option => option.Contains('=', StringComparison.Ordinal));

    /// <summary>Parses a command line. Names other than the known ones make it invalid.</summary>
    public static NamedArguments Parse(string[] args, params string[] known)
    {
        var (named, options) = (new Dictionary<string, string>(), new List<string>());
        for (var index = 0; index < args.Length; index++)
        {
            if (known.Contains(args[index]) && index + 1 < args.Length) named[args[index]] = args[++index];
            else options.Add(args[index]);
        }
        return new(named, options);
    }

    public string? Text(string name) => Named.GetValueOrDefault(name);

    public int Number(string name, int otherwise) => Named.TryGetValue(name, out var value) ? int.Parse(value, CultureInfo.InvariantCulture) : otherwise;
}
