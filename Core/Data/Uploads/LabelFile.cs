using System.Text;
using System.Text.Json;
using nietras.SeparatedValues;

namespace GanFunctions.Core.Data.Uploads;

/// <summary>
/// Labels from a file of the archive: <c>labels.csv</c> with a column of files and one of labels, or the <c>dataset.json</c> of StyleGAN
/// (<c>{"labels": [["00000/img00000000.png", 6], ...]}</c>). Files are named by their path in the archive, their path below the folder of the label
/// file, or their name, each with or without the extension.
/// </summary>
internal sealed class LabelFile
{
    /// <summary>The usual names of a column with labels.</summary>
    public static IReadOnlyList<string> LabelColumns { get; } =
        ["label", "labels", "class", "category", "target", "y", "fine_label", "coarse_label", "breed", "species"];

    private const string CsvName = "labels.csv", JsonName = "dataset.json";
    private const long MaxBytes = 64 << 20; // a line of 128 bytes for each of the 500,000 files of an archive
    private static readonly string[] FileColumns = ["file", "filename", "file_name", "image", "image_id", "path", "id", "name"];

    private readonly Dictionary<string, string>? _labels; // null: the file says that there are none
    private readonly string _folder;

    private LabelFile(string path, Dictionary<string, string>? labels) => (Name, _folder, _labels) = (path, path[..(path.LastIndexOf('/') + 1)], labels);

    /// <summary>Path of the label file.</summary>
    public string Name { get; }

    /// <summary>Whether there are labels. StyleGAN's tool writes <c>"labels": null</c> if there are none; its folders are not classes.</summary>
    public bool HasLabels => _labels is not null;

    /// <summary>Finds and reads the label file of an archive, the one in the outermost folder.</summary>
    /// <returns>The labels; null if there is no such file, or a <c>dataset.json</c> of another kind.</returns>
    /// <exception cref="UploadRefusedException">The file is damaged.</exception>
    public static async Task<LabelFile?> FindAsync(IReadOnlyList<ArchiveFile> files, CancellationToken cancellation)
    {
        var found = files.Where(file => file.Path.Split('/')[^1].ToLowerInvariant() is CsvName or JsonName)
            .MinBy(file => file.Path.Count(letter => letter == '/'));
        if (found is null) return null;
        if (found.Size > MaxBytes) throw new UploadRefusedException(found.Path, $"it has {found.Size} bytes", $"at most {MaxBytes}");
        try
        {
            var text = Encoding.UTF8.GetString(await found.ReadAsync(cancellation)).TrimStart('\uFEFF');
            return found.Path.EndsWith(CsvName, StringComparison.OrdinalIgnoreCase)
                ? new LabelFile(found.Path, ReadCsv(found.Path, text))
                : ReadJson(found.Path, text);
        }
        catch (Exception damage) when (damage is InvalidDataException or JsonException or InvalidOperationException or IndexOutOfRangeException)
        {
            throw new UploadRefusedException(
                found.Path, $"it cannot be read ({damage.Message.TrimEnd('.')})",
                "a CSV file with the columns file and label, or a dataset.json with \"labels\": [[file, label], ...]", damage);
        }
    }

    /// <summary>The label of a picture; null if the file does not list it.</summary>
    public string? LabelOf(string path) =>
        Find(path) ?? (path.StartsWith(_folder, StringComparison.Ordinal) ? Find(path[_folder.Length..]) : null) ?? Find(path[(path.LastIndexOf('/') + 1)..]);

    private string? Find(string name) => _labels?.GetValueOrDefault(name) ?? _labels?.GetValueOrDefault(Path.ChangeExtension(name, null));

    private static Dictionary<string, string> ReadCsv(string path, string text)
    {
        using var reader = Sep.Reader(options => options with { HasHeader = false, Unescape = true, DisableColCountCheck = true }).FromText(text);
        var labels = new Dictionary<string, string>(StringComparer.Ordinal);
        var (file, label, isFirst) = (0, 1, true);
        foreach (var row in reader)
        {
            if (row.ColCount == 1 && row[0].Span.IsWhiteSpace()) continue;
            List<string> cells = [];
            for (var column = 0; column < row.ColCount; column++) cells.Add(row[column].ToString().Trim());
            if (isFirst && (ColumnOf(cells, FileColumns), ColumnOf(cells, LabelColumns)) is ( >= 0, >= 0) columns) (file, label) = columns;
            else if (cells.Count <= Math.Max(file, label)) throw new InvalidDataException($"line {row.Line()} has {cells.Count} columns");
            else labels[cells[file].Replace('\\', '/')] = Named(path, cells[label], row.Line());
            isFirst = false;
        }
        return labels;

        static int ColumnOf(List<string> cells, IReadOnlyList<string> names) => cells.FindIndex(cell => names.Contains(cell.ToLowerInvariant()));
    }

    private static LabelFile? ReadJson(string path, string text)
    {
        using var document = JsonDocument.Parse(text);
        if (document.RootElement.ValueKind != JsonValueKind.Object || !document.RootElement.TryGetProperty("labels", out var all)) return null;
        if (all.ValueKind == JsonValueKind.Null) return new LabelFile(path, null);
        var labels = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var pair in all.EnumerateArray()) labels[pair[0].GetString() ?? ""] = pair[1].ToString();
        return new LabelFile(path, labels);
    }

    private static string Named(string path, string label, int line) =>
        label.Length > 0 ? label : throw new InvalidDataException($"line {line} of {path} has no label");
}
