using GanFunctions.Core.Data.Digits;
using GanFunctions.Core.Storage;


namespace GanFunctions.Core.Data;

/// <summary>There is no data set of this name.</summary>
/// <param name="dataset">The given name.</param>
/// <param name="valid">The names of the data sets that exist.</param>
public sealed class UnknownDatasetException(string dataset, IReadOnlyList<string> valid)
    : ArgumentException($"There is no data set '{dataset}'. Valid are: {string.Join(", ", valid)}.")
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

/// <summary>A data set is known but currently unavailable.</summary>
/// <param name="dataset">Its name.</param>
/// <param name="tried">The sources that were tried, and what happened.</param>
/// <param name="advice">What the user can do, as half a sentence.</param>
public sealed class DatasetUnavailableException(string dataset, IReadOnlyList<string> tried, string advice)
    : Exception($"Data set '{dataset}' is unavailable. Tried: {string.Join("; ", tried)}. You can {advice}.")
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

internal static class DatasetNames
{
    /// <exception cref="DatasetNameException">Nothing can be stored or removed under this name.</exception>
    public static void CheckWritable(string name)
    {
        if (!ResourceId.IsValid(name)) throw new DatasetNameException(name, "is no name for a data set: valid are 1 to 40 of a-z, 0-9 and -");
        if (name == DrawnDigits.Name)
            throw new DatasetNameException(name, "is built in and can be neither replaced nor removed: choose another name");
    }
}

/// <summary>A file is not the IDX file it should be. The message names the file, what was found and what is valid.</summary>
/// <param name="file">The file or the part, as its sender knows it.</param>
/// <param name="found">What is wrong with it.</param>
/// <param name="valid">What is valid instead.</param>
/// <param name="inner">What was thrown below, if anything was.</param>
public sealed class IdxFormatException(string file, string found, string valid, Exception? inner = null)
    : FormatException($"{file}: {found}. Valid is {valid}.", inner)
{
    /// <summary>The file or the part.</summary>
    public string File { get; } = file;
}
