using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace GanFunctions.Core.Archives;

/// <summary>A file in an archive.</summary>
/// <param name="Name">Its name, with slashes.</param>
/// <param name="Size">Size in bytes.</param>
/// <param name="Sha256">SHA-256 of the content in lower-case hexadecimal.</param>
public sealed record ArchivedFile(string Name, long Size, string Sha256);

/// <summary>
/// The index of an archive, <c>export.json</c>. It is the last file: an archive without it is incomplete. It contains no time, so the same run gives the
/// same bytes.
/// </summary>
/// <param name="Files">All other files, in the order of the archive.</param>
public sealed record ArchiveIndex(IReadOnlyList<ArchivedFile> Files)
{
    /// <summary>The format that this version writes, and the newest that it reads.</summary>
    public const int CurrentFormat = 1;

    /// <summary>Format of the archive.</summary>
    [JsonPropertyOrder(-1)]
    public int Format { get; init; } = CurrentFormat;
}

/// <summary>The names of the files in an archive. No other name is read or written.</summary>
internal static partial class ArchiveNames
{
    public const string Index = "export.json";
    public const string Run = "run.json";
    public const string Losses = "losses.jsonl";

    private const string CheckpointFolder = "checkpoints/", GridFolder = "grids/", BlobFolder = "blobs/";

    public static string Checkpoint(string name) => $"{CheckpointFolder}{name}.json";

    public static string Grid(int epoch) => FormattableString.Invariant($"{GridFolder}{epoch:D5}.png");

    public static string Blob(string sha256) => BlobFolder + sha256;

    public static bool IsCheckpoint(string name) => name.StartsWith(CheckpointFolder, StringComparison.Ordinal);

    public static bool IsGrid(string name) => name.StartsWith(GridFolder, StringComparison.Ordinal);

    public static bool IsBlob(string name) => name.StartsWith(BlobFolder, StringComparison.Ordinal);

    /// <summary>The part of a name that tells it from others of its kind: a checkpoint's name, an epoch or a hash.</summary>
    public static string Stem(string name) => Path.GetFileNameWithoutExtension(name);

    /// <summary>Whether an archive may contain a file of this name.</summary>
    public static bool IsKnown(string name) => Known().IsMatch(name);

    [GeneratedRegex(@"\A(export\.json|run\.json|losses\.jsonl|checkpoints/[0-9]{3,9}-[0-9]{5}-[0-9]{6,9}\.json|grids/[0-9]{5}\.png|blobs/[0-9a-f]{64})\z")]
    private static partial Regex Known();
}
