using System.Globalization;

namespace GanFunctions.Core.Pictures;

/// <summary>A label, and the name of its class.</summary>
/// <param name="Label">The label, from 0 to 255.</param>
/// <param name="Name">The name; null if it is unknown.</param>
public sealed record ClassLabel(int Label, string? Name);

/// <summary>The labels of classes in ascending order, with the names of the classes if they are known.</summary>
/// <param name="labels">The labels.</param>
/// <param name="names">The name of each label, in the same order; null if they are unknown.</param>
public sealed class ClassLabels(IReadOnlyList<byte> labels, IReadOnlyList<string>? names = null)
{
    /// <summary>The labels of unlabelled pictures.</summary>
    public static ClassLabels None { get; } = new([]);

    /// <summary>The labels.</summary>
    public IReadOnlyList<byte> Labels => labels;

    /// <summary>The name of each label, in the same order; null if they are unknown.</summary>
    public IReadOnlyList<string>? Names => names;

    /// <summary>Labels with the names of a data set.</summary>
    /// <param name="labels">The labels.</param>
    /// <param name="classNames">The name of each class, indexed by label; null if they are unknown. The name of a label beyond its end is its number.</param>
    public static ClassLabels Of(IReadOnlyList<byte> labels, IReadOnlyList<string>? classNames) => new(
        labels, classNames is null || labels.Count == 0 ? null : [.. labels.Select(label => label < classNames.Count ? classNames[label] : Text(label))]);

    /// <summary>The name of a label; null if it is unknown.</summary>
    public string? NameOf(int label)
    {
        if (names is null) return null;
        foreach (var (index, known) in labels.Index())
            if (known == label) return names[index];
        return null;
    }

    /// <summary>Finds a label by name or number. A name takes precedence over a number, and an exact match over one that ignores case.</summary>
    /// <returns>The label; null if there is none.</returns>
    public byte? Find(string nameOrNumber)
    {
        foreach (var comparison in (StringComparison[])[StringComparison.Ordinal, StringComparison.OrdinalIgnoreCase])
        {
            foreach (var (index, name) in (names ?? []).Index())
                if (name.Equals(nameOrNumber, comparison)) return labels[index];
        }
        return byte.TryParse(nameOrNumber, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var label) && labels.Contains(label) ? label : null;
    }

    /// <summary>Each label with its name.</summary>
    public IReadOnlyList<ClassLabel> ToList() => [.. labels.Select(label => new ClassLabel(label, NameOf(label)))];

    /// <summary>A list for messages, such as <c>cats (0), dogs (1)</c>. A label whose name is unknown or is its number is listed as the number.</summary>
    public override string ToString() => string.Join(", ", ToList().Select(each =>
        each.Name is null || each.Name == Text(each.Label) ? Text(each.Label) : $"{each.Name} ({Text(each.Label)})"));

    private static string Text(int label) => label.ToString(CultureInfo.InvariantCulture);
}
