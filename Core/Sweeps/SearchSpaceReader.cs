using System.Text.Json.Nodes;
using GanFunctions.Core.Training;

namespace GanFunctions.Core.Sweeps;

/// <summary>Reads the options that a sweep varies.</summary>
internal static class SearchSpaceReader
{
    // Only distances with the same quality reference and number of pictures can be compared.
    private static readonly string[] Incomparable = ["dataset", "qualitySamples"];

    /// <summary>Reads a space.</summary>
    /// <param name="given">The space.</param>
    /// <param name="faults">Receives what is wrong.</param>
    /// <returns>The dimensions that are valid.</returns>
    public static SearchSpace Read(JsonObject given, Faults faults)
    {
        var dimensions = new List<Dimension>();
        foreach (var (option, values) in given)
        {
            var unknown = new SortedDictionary<string, string[]>(StringComparer.Ordinal);
            var property = OptionsReader.PropertyOf(option, unknown);
            faults.Add("space.", unknown);
            if (property is null) continue;
            if (Incomparable.Contains(option))
                faults.Add($"space.{option}", $"space.{option} is not valid; trials with different values cannot be compared. Give one value in options.");
            else if (new DimensionReader(option, property, faults).Read(values) is { } dimension) dimensions.Add(dimension);
        }
        return new(dimensions);
    }
}
