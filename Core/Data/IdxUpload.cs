namespace GanFunctions.Core.Data;

/// <summary>The files of a data set that someone brings, not yet looked into.</summary>
/// <param name="Parts">Each part's own name for messages, and what opens it.</param>
public sealed record IdxUpload(IReadOnlyDictionary<IdxPart, IdxUpload.File> Parts)
{
    /// <summary>One file.</summary>
    /// <param name="Name">What its sender calls it.</param>
    /// <param name="Open">Opens it; the reader closes it.</param>
    public sealed record File(string Name, Func<Stream> Open);

    /// <summary>An upload of named files, say of a form: each is recognised by its name (<see cref="IdxParts.FromFileName"/>).</summary>
    /// <exception cref="IdxFormatException">A name says nothing, or two files are the same part.</exception>
    public static IdxUpload FromFiles(IEnumerable<File> files)
    {
        var parts = new Dictionary<IdxPart, File>();
        foreach (var file in files)
        {
            var part = IdxParts.FromFileName(file.Name[(file.Name.LastIndexOf('/') + 1)..])
                ?? throw new IdxFormatException(file.Name, "its name does not say what it is", ValidNames);
            if (!parts.TryAdd(part, file))
                throw new IdxFormatException(file.Name, $"it is the same part as {parts[part].Name}", "one file for each part");
        }
        return new IdxUpload(parts);
    }

    /// <summary>The names that a file of an upload may have, in words.</summary>
    public static string ValidNames =>
        string.Join(", ", Enum.GetValues<IdxPart>().Select(part => part.FileName()))
        + ", images, labels, test-images or test-labels, with .gz or without";
}
