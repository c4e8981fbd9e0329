namespace GanFunctions.Core.Data;

/// <summary>Nobody knows a data set of this name.</summary>
/// <param name="dataset">The name given.</param>
/// <param name="valid">The names that there are.</param>
public sealed class UnknownDatasetException(string dataset, IReadOnlyList<string> valid)
    : ArgumentException(
        $"There is no data set '{dataset}'. Valid are: {string.Join(", ", valid)}; others can be uploaded with PUT /api/datasets/{{name}}.")
{
    /// <summary>The name given.</summary>
    public string Dataset { get; } = dataset;

    /// <summary>The names that there are.</summary>
    public IReadOnlyList<string> Valid { get; } = valid;
}

/// <summary>A data set cannot be stored or removed under this name.</summary>
/// <param name="dataset">The name given.</param>
/// <param name="reason">Why not, and what is valid.</param>
public sealed class DatasetNameException(string dataset, string reason) : ArgumentException($"'{dataset}' {reason}.")
{
    /// <summary>The name given.</summary>
    public string Dataset { get; } = dataset;
}

/// <summary>A data set is known, but cannot be had just now.</summary>
/// <param name="dataset">Its name.</param>
/// <param name="tried">Where it was looked for, and what happened there.</param>
/// <param name="advice">What to do.</param>
public sealed class DatasetUnavailableException(string dataset, IReadOnlyList<string> tried, string advice)
    : Exception($"Data set '{dataset}' cannot be had. Tried: {string.Join("; ", tried)}. What to do: {advice}.")
{
    /// <summary>Its name.</summary>
    public string Dataset { get; } = dataset;

    /// <summary>Where it was looked for, and what happened there.</summary>
    public IReadOnlyList<string> Tried { get; } = tried;

    /// <summary>What to do.</summary>
    public string Advice { get; } = advice;
}

/// <summary>What Blob Storage holds of a data set cannot be used.</summary>
internal sealed class StoredDatasetException(string message, bool newer = false, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>It is whole, but was written by a later version of this program.</summary>
    public bool Newer { get; } = newer;
}
