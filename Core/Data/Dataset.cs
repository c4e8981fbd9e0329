using System.Security.Cryptography;
using System.Text;
using GanFunctions.Core.Memory;
using GanFunctions.Core.Pictures;

namespace GanFunctions.Core.Data;

/// <summary>A data set in memory.</summary>
/// <param name="Name">Its name in the catalog.</param>
/// <param name="Train">Training pictures.</param>
/// <param name="Test">Held-out pictures; null if there are none.</param>
/// <param name="Sha256">
/// SHA-256 of the shapes, pixels and labels in lower-case hexadecimal. It does not depend on the name. A run stores it to detect changed
/// data.
/// </param>
/// <param name="ClassNames">Name of each class, indexed by label; null if unknown. The hash does not depend on them.</param>
public sealed record Dataset(string Name, ImageSet Train, ImageSet? Test, string Sha256, IReadOnlyList<string>? ClassNames = null)
{
    /// <summary>Memory of its pictures, in bytes.</summary>
    public long Bytes => Train.Pixels.LongLength + (Test?.Pixels.LongLength ?? 0);

    /// <summary>The distinct labels of the training pictures, with the names of their classes.</summary>
    public ClassLabels Labels => ClassLabels.Of(Train.DistinctLabels(), ClassNames);

    /// <summary>Creates a data set and computes its hash.</summary>
    public static Dataset Of(string name, ImageSet train, ImageSet? test)
    {
        var parts = IdxParts.Of(train, test).ToDictionary(part => part.Key, part => part.Value.ComputeSha256());
        return new Dataset(name, train, test, HashOf(parts));
    }

    /// <summary>
    /// Computes the hash of a data set: the SHA-256 of a list with the SHA-256 of each part as an IDX file, in the format of
    /// <c>sha256sum</c>, <c>{hash}  {part}\n</c>, in the order of <see cref="IdxPart"/>.
    /// </summary>
    internal static string HashOf(IReadOnlyDictionary<IdxPart, string> parts)
    {
        var list = new StringBuilder();
        foreach (var (part, hash) in parts.OrderBy(part => part.Key)) list.Append(hash).Append("  ").Append(part.FileName()).Append('\n');
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(list.ToString())));
    }
}

/// <summary>Description of a data set. It is available without reading the data.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Source">
/// <c>built-in</c>, <c>known</c> (a public data set that is downloaded on first use) or <c>stored</c> (uploaded by a user).
/// </param>
/// <param name="Stored">Whether it is in Blob Storage.</param>
/// <param name="Train">Number of training pictures; null if unknown.</param>
/// <param name="Test">Number of held-out pictures; null if there are none.</param>
/// <param name="Classes">Number of distinct labels; null if there are none.</param>
/// <param name="Height">Height of a picture in pixels.</param>
/// <param name="Width">Width of a picture in pixels.</param>
/// <param name="Channels">1 for grey, 3 for red, green and blue, 4 with alpha.</param>
/// <param name="Sha256">See <see cref="Dataset.Sha256"/>.</param>
/// <param name="Description">Human-readable description of the content and its origin.</param>
/// <param name="ClassNames">Name of each class, indexed by label; null if unknown.</param>
/// <param name="Labels">The distinct training labels in ascending order; null if there are none, or an earlier version stored the data set.</param>
public sealed record DatasetInfo(
    string Name, string Source, bool Stored, int? Train, int? Test, int? Classes, int? Height, int? Width, int? Channels, string? Sha256,
    string Description, IReadOnlyList<string>? ClassNames = null, IReadOnlyList<int>? Labels = null);

/// <summary>
/// Caches the data set that was used last, and others for as long as they are in use. The key is the hash, so replaced data is never
/// returned.
/// </summary>
/// <param name="max">Maximum size of all data sets in memory, in bytes.</param>
/// <param name="time">Measures how long one is unused.</param>
internal sealed class DatasetCache(long max, TimeProvider time) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, WeakReference<Dataset>> _all = [];
    private readonly Recent<Dataset> _last = new(time);

    public Dataset? Find(string sha256)
    {
        lock (_lock)
        {
            if (!_all.TryGetValue(sha256, out var weak) || !weak.TryGetTarget(out var dataset)) return null;
            return Keep(dataset);
        }
    }

    public Dataset Keep(Dataset dataset)
    {
        lock (_lock)
        {
            foreach (var (hash, weak) in _all)
                if (!weak.TryGetTarget(out _)) _all.Remove(hash);
            _all[dataset.Sha256] = new WeakReference<Dataset>(dataset);
            _last.Keep(dataset);
            return dataset;
        }
    }

    /// <summary>Makes room for another data set by dropping one that is not in use. A single one always has room.</summary>
    /// <param name="bytes">Size of the other data set.</param>
    /// <returns>Whether there is room.</returns>
    public bool TryMakeRoom(long bytes)
    {
        lock (_lock)
        {
            if (HasRoom(bytes)) return true;
            _last.Clear();
            GC.Collect(); // what is still referenced afterwards is in use
            return HasRoom(bytes);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _last.Dispose();

    private bool HasRoom(long bytes)
    {
        var used = _all.Values.Sum(weak => weak.TryGetTarget(out var dataset) ? dataset.Bytes : 0);
        return used == 0 || used + bytes <= max;
    }
}
