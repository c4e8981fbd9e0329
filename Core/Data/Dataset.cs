using System.Security.Cryptography;
using System.Text;
using GanFunctions.Core.Pictures;

namespace GanFunctions.Core.Data;

/// <summary>What a network is trained on.</summary>
/// <param name="Name">Its name in the catalog.</param>
/// <param name="Train">Pictures to train on.</param>
/// <param name="Test">Pictures held out, if there are any.</param>
/// <param name="Sha256">
/// Of the shapes, pixels and labels, in lower-case hexadecimal, whatever the name. A run keeps it, to notice when its data has changed.
/// </param>
public sealed record Dataset(string Name, ImageSet Train, ImageSet? Test, string Sha256)
{
    /// <summary>A data set with its hash.</summary>
    public static Dataset Of(string name, ImageSet train, ImageSet? test)
    {
        var parts = IdxParts.Of(train, test).ToDictionary(part => part.Key, part => part.Value.ComputeSha256());
        return new Dataset(name, train, test, HashOf(parts));
    }

    /// <summary>
    /// The hash of a data set is the hash of a list of the SHA-256 of its parts as IDX files, as <c>sha256sum</c> prints it for
    /// them: <c>{hash}  {part}\n</c>, in the order of <see cref="IdxPart"/>.
    /// </summary>
    internal static string HashOf(IReadOnlyDictionary<IdxPart, string> parts)
    {
        var list = new StringBuilder();
        foreach (var (part, hash) in parts.OrderBy(part => part.Key)) list.Append(hash).Append("  ").Append(part.FileName()).Append('\n');
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(list.ToString())));
    }
}

/// <summary>What is known of a data set without reading it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Source"><c>built-in</c>, <c>known</c> (can be fetched by name) or <c>stored</c> (someone uploaded it).</param>
/// <param name="Stored">Is it in Blob Storage?</param>
/// <param name="Train">Pictures to train on.</param>
/// <param name="Test">Pictures held out, if there are any.</param>
/// <param name="Classes">Different labels, if there are labels.</param>
/// <param name="Height">Rows of a picture, in pixels.</param>
/// <param name="Width">Columns of a picture, in pixels.</param>
/// <param name="Channels">1 is grey, 3 is red, green and blue.</param>
/// <param name="Sha256">See <see cref="Dataset.Sha256"/>.</param>
/// <param name="Description">What it shows and where it came from, for people.</param>
/// <param name="ClassNames">What the labels stand for, by label, where that is known.</param>
public sealed record DatasetInfo(
    string Name, string Source, bool Stored, int? Train, int? Test, int? Classes, int? Height, int? Width, int? Channels, string? Sha256,
    string Description, IReadOnlyList<string>? ClassNames = null);

/// <summary>
/// Keeps the data set used last, and the others for as long as someone uses them. Found by hash: what was replaced is never found.
/// </summary>
internal sealed class DatasetCache
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, WeakReference<Dataset>> _all = [];
    private Dataset? _last;

    public Dataset? Find(string sha256)
    {
        lock (_lock)
        {
            if (!_all.TryGetValue(sha256, out var weak) || !weak.TryGetTarget(out var dataset)) return null;
            return _last = dataset;
        }
    }

    public Dataset Keep(Dataset dataset)
    {
        lock (_lock)
        {
            foreach (var (hash, weak) in _all)
                if (!weak.TryGetTarget(out _)) _all.Remove(hash);
            _all[dataset.Sha256] = new WeakReference<Dataset>(dataset);
            return _last = dataset;
        }
    }
}
