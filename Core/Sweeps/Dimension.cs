using System.Globalization;
using System.Text.Json.Nodes;

namespace GanFunctions.Core.Sweeps;

/// <summary>An option that a sweep varies, with the values to try.</summary>
/// <param name="Option">Name of the training option.</param>
public abstract record Dimension(string Option)
{
    /// <summary>Number of values; null for a range without steps.</summary>
    public abstract long? Count { get; }

    /// <summary>The value at an index from 0; only if there is a <see cref="Count"/>.</summary>
    public abstract JsonNode? ValueAt(long index);

    /// <summary>The value for a number drawn uniformly from [0, 1).</summary>
    public virtual JsonNode? ValueFor(double drawn) => ValueAt((long)(drawn * Count!.Value));
}

/// <summary>A list of values.</summary>
/// <param name="Option">Name of the training option.</param>
/// <param name="Values">The values, at least one.</param>
public sealed record ListDimension(string Option, IReadOnlyList<JsonNode?> Values) : Dimension(Option)
{
    /// <inheritdoc/>
    public override long? Count => Values.Count;

    /// <inheritdoc/>
    public override JsonNode? ValueAt(long index) => Values[(int)index]?.DeepClone();
}

/// <summary>A range of numbers. Whole numbers stay whole.</summary>
/// <param name="Option">Name of the training option.</param>
/// <param name="Min">The smallest value.</param>
/// <param name="Max">The largest value.</param>
/// <param name="IsLog">Whether the logarithm of the value is uniform.</param>
/// <param name="Step">
/// Difference between two values, or their ratio if <paramref name="IsLog"/>; null if every value in the range is possible.
/// </param>
/// <param name="IsWhole">Whether the values are whole numbers.</param>
public sealed record RangeDimension(string Option, double Min, double Max, bool IsLog, double? Step, bool IsWhole) : Dimension(Option)
{
    private const double Tolerance = 1e-9; // of the number of steps, so that 0.1 to 0.3 in steps of 0.1 has three values

    /// <inheritdoc/>
    public override long? Count => Step is not { } step
        ? null
        : (long)Math.Min(Math.Floor((IsLog ? Math.Log(Max / Min) / Math.Log(step) : (Max - Min) / step) + Tolerance), int.MaxValue) + 1;

    /// <inheritdoc/>
    public override JsonNode ValueAt(long index) => Number(IsLog ? Min * Math.Pow(Step!.Value, index) : Min + index * Step!.Value);

    /// <inheritdoc/>
    public override JsonNode? ValueFor(double drawn)
    {
        if (Step is not null) return base.ValueFor(drawn);
        // A whole number represents the interval from itself to the next one.
        var end = IsWhole ? Max + 1 : Max;
        var value = IsLog ? Min * Math.Pow(end / Min, drawn) : Min + drawn * (end - Min);
        return Number(IsWhole ? Math.Floor(value) : value);
    }

    private JsonNode Number(double value)
    {
        if (IsWhole) return JsonValue.Create((long)Math.Clamp(Math.Round(value), Min, Max));
        var rounded = double.Parse(value.ToString("G6", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture); // more digits make no difference
        return JsonValue.Create(Math.Clamp(rounded, Min, Max));
    }
}
