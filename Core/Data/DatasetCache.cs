namespace GanFunctions.Core.Data;

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
