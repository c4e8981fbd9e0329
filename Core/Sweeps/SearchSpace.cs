using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace GanFunctions.Core.Sweeps;

/// <summary>How a sweep chooses the options of its trials.</summary>
public enum Search
{
    /// <summary>Every trial draws its options at random.</summary>
    Random,

    /// <summary>Every combination of the values is a trial. The last option varies fastest.</summary>
    Grid,
}

/// <summary>The options that a sweep varies. The options of a trial are a pure function of the space, the seed and the trial's number.</summary>
/// <param name="Dimensions">The options, in the user's order.</param>
public sealed record SearchSpace(IReadOnlyList<Dimension> Dimensions)
{
    private const double Unit = 1.0 / (1L << 53);

    /// <summary>Number of combinations; null if a range has no steps, and at most <see cref="long.MaxValue"/>.</summary>
    public long? Combinations => Dimensions.Aggregate((long?)1, (product, dimension) => dimension.Count is not { } count ? null
        : product > long.MaxValue / count ? long.MaxValue : product * count);

    /// <summary>The values of a trial.</summary>
    /// <param name="search">How they are chosen.</param>
    /// <param name="seed">Seed of a random search.</param>
    /// <param name="trial">Number of the trial, from 1.</param>
    public JsonObject PointOf(Search search, long seed, int trial) => search == Search.Grid
        ? GridPoint(trial - 1)
        : new(Dimensions.Select(each => KeyValuePair.Create(each.Option, each.ValueFor(Drawn(seed, trial, each.Option)))));

    private JsonObject GridPoint(long index)
    {
        var values = new JsonNode?[Dimensions.Count];
        for (var i = Dimensions.Count - 1; i >= 0; i--)
        {
            (index, var at) = Math.DivRem(index, Dimensions[i].Count!.Value);
            values[i] = Dimensions[i].ValueAt(at);
        }
        return new(Dimensions.Select((dimension, i) => KeyValuePair.Create(dimension.Option, values[i])));
    }

    // A hash instead of a generator with a state: an option's values do not depend on which other options are varied.
    private static double Drawn(long seed, int trial, string option)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(FormattableString.Invariant($"{seed}/{trial}/{option}")));
        return (BinaryPrimitives.ReadUInt64LittleEndian(hash) >> 11) * Unit;
    }
}
