using GanFunctions.Core.Data.Digits;
using GanFunctions.Core.Storage;


namespace GanFunctions.Core.Data;

/// <summary>There is no data set with this name.</summary>
/// <param name="dataset">The given name.</param>
/// <param name="valid">The names of the data sets that exist.</param>
public sealed class UnknownDatasetException(string dataset, IReadOnlyList<string> valid)
    : ArgumentException($"There is no data set '{dataset}'. The available data sets are: {string.Join(", ", valid)}.")
{
    /// <summary>The given name.</summary>
    public string Dataset { get; } = dataset;

    /// <summary>The names of the data sets that exist.</summary>
    public IReadOnlyList<string> Valid { get; } = valid;
}

/// <summary>A data set cannot be stored or removed under this name.</summary>
/// <param name="dataset">The given name.</param>
/// <param name="reason">The reason and what is valid, as the rest of a sentence that starts with the name.</param>
public sealed class DatasetNameException(string dataset, string reason) : ArgumentException($"'{dataset}' {reason}.")
{
    /// <summary>The given name.</summary>
    public string Dataset { get; } = dataset;
}

/// <summary>A data set is known, but currently unavailable.</summary>
/// <param name="dataset">Name of the data set.</param>
/// <param name="tried">The sources that were tried, each with the problem.</param>
/// <param name="advice">What the user can do, to follow "You can".</param>
public sealed class DatasetUnavailableException(string dataset, IReadOnlyList<string> tried, string advice)
    : Exception($"Data set '{dataset}' is unavailable. Tried: {string.Join("; ", tried)}. You can {advice}.")
{
    /// <summary>Name of the data set.</summary>
    public string Dataset { get; } = dataset;

    /// <summary>The sources that were tried, each with the problem.</summary>
    public IReadOnlyList<string> Tried { get; } = tried;

    /// <summary>What the user can do, to follow "You can".</summary>
    public string Advice { get; } = advice;
}

/// <summary>The memory is in use for another data set, on which a run trains. It is free again within minutes.</summary>
/// <param name="dataset">Name of the data set.</param>
public sealed class DatasetMemoryException(string dataset)
    : Exception($"There is no memory for the data set {dataset} while a run trains on another large one.");

/// <summary>The copy of a data set in Blob Storage is unusable.</summary>
internal sealed class StoredDatasetException(string message, bool newer = false, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>Whether a later version of this program wrote it, which means that it is not damaged.</summary>
    public bool Newer { get; } = newer;
}

internal static class DatasetNames
{
    /// <exception cref="DatasetNameException">The name is invalid or reserved.</exception>
    public static void CheckWritable(string name)
    {
        if (!ResourceId.IsValid(name))
            throw new DatasetNameException(name, "is not a valid name for a data set: use 1 to 40 characters from a-z, 0-9 and -");
        if (name == DrawnDigits.Name)
            throw new DatasetNameException(name, "is built in and cannot be replaced or removed: choose another name");
    }
}

/// <summary>A file is not the expected IDX file. The message states the file, the problem and what is expected.</summary>
/// <param name="file">Name of the file or part, as the sender knows it.</param>
/// <param name="found">The problem, as a clause that starts with "it" or "its".</param>
/// <param name="expected">What is expected instead.</param>
/// <param name="inner">The exception that caused this one, if any.</param>
public sealed class IdxFormatException(string file, string found, string expected, Exception? inner = null)
    : FormatException($"{file}: {found}. Expected {expected}.", inner)
{
    /// <summary>Name of the file or part.</summary>
    public string File { get; } = file;
}
