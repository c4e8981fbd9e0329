using System.Text;
using System.Text.Json;
using nietras.SeparatedValues;

namespace GanFunctions.Core.Data.Uploads;

/// <summary>
/// Labels from a file of the archive: <c>labels.csv</c> with a column of files and one of labels, or the <c>dataset.json</c> of StyleGAN
/// (<c>{"labels": [["00000/img00000000.png", 6], ...]}</c>). Files are named by their path in the archive, their path below the folder of the label
/// file, or their name, each with or without the ending.
/// </summary>
internal sealed class LabelFile
{
    private const string CsvName = "labels.csv", JsonName = "dataset.json";
    private static readonly string[] FileColumns = ["file", "filename", "file_name", "image", "image_id", "path", "id", "name"];
    private static readonly string[] LabelColumns = ["label", "class", "category", "target", "breed", "species"];

    private readonly Dictionary<string, string> _labels;
    private readonly string _folder;

    private LabelFile(string path, Dictionary<string, string> labels) => (Name, _folder, _labels) = (path, path[..(path.LastIndexOf('/') + 1)], labels);

    /// <summary>Path of the label file.</summary>
    public string Name { get; }

    /// <summary>Finds and reads the label file of an archive, the one in the outermost folder.</summary>
    /// <returns>The labels; null if there is no such file, or a <c>dataset.json</c> without labels.</returns>
    /// <exception cref="UploadRefusedException">The file is damaged.</exception>
    public static async Task<LabelFile?> FindAsync(IReadOnlyList<ArchiveFile> files, CancellationToken cancellation)
    {
        var found = files.Where(file => file.Path.Split('/')[^1].ToLowerInvariant() is CsvName or JsonName)
            .MinBy(file => file.Path.Count(letter => letter == '/'));
        if (found is null) return null;
        try
        {
            var text = Encoding.UTF8.GetString(await found.ReadAsync(cancellation)).TrimStart('\uFEFF');
            var labels = found.Path.EndsWith(CsvName, StringComparison.OrdinalIgnoreCase) ? ReadCsv(found.Path, text) : ReadJson(text);
            return labels is null ? null : new LabelFile(found.Path, labels);
        }
        catch (Exception damage) when (damage is InvalidDataException or JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new UploadRefusedException(
                found.Path, $"it cannot be read ({damage.Message.TrimEnd('.')})",
                "a CSV file with the columns file and label, or a dataset.json with \"labels\": [[file, label], ...]", damage);
        }
    }

    /// <summary>The label of a picture; null if the file does not list it.</summary>
    public string? LabelOf(string path) =>
        Find(path) ?? (path.StartsWith(_folder, StringComparison.Ordinal) ? Find(path[_folder.Length..]) : null) ?? Find(path[(path.LastIndexOf('/') + 1)..]);

    private string? Find(string name) => _labels.GetValueOrDefault(name) ?? _labels.GetValueOrDefault(Path.ChangeExtension(name, null));

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
            else if (cells.Count <= Math.Max(file, label)) throw new InvalidDataException($"line {row.LineNumberFrom} has {cells.Count} columns");
            else labels[cells[file].Replace('\\', '/')] = Named(path, cells[label], row.LineNumberFrom);
            isFirst = false;
        }
        return labels;

        static int ColumnOf(List<string> cells, string[] names) => cells.FindIndex(cell => names.Contains(cell.ToLowerInvariant()));
    }

    private static Dictionary<string, string>? ReadJson(string text)
    {
        using var document = JsonDocument.Parse(text);
        if (document.RootElement.ValueKind != JsonValueKind.Object || !document.RootElement.TryGetProperty("labels", out var all)) return null;
        if (all.ValueKind == JsonValueKind.Null) return null;
        return all.EnumerateArray().ToDictionary(pair => pair[0].GetString() ?? "", pair => pair[1].ToString(), StringComparer.Ordinal);
    }

    private static string Named(string path, string label, int line) =>
        label.Length > 0 ? label : throw new InvalidDataException($"line {line} of {path} has no label");
}
