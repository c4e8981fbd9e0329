using GanFunctions.Core.Data.Digits;
using GanFunctions.Core.Storage;



namespace GanFunctions.Core.Data;

// How a data set gets into memory.
public sealed partial class DatasetCatalog
{
    private async Task<Dataset> LoadAloneAsync(string name, CancellationToken cancellation)
    {
        if (name == DrawnDigits.Name)
        {
            return _cache.Find(DrawnDigits.Sha256)
                ?? _cache.Keep(await Task.Run(() => DrawnDigits.Draw(cancellation), cancellation));
        }
        if (await ReadStoredAsync(name, cancellation) is { } stored) return stored;

        var known = Known(name) ?? throw await UnknownAsync(name, cancellation);
        var parts = await _fetcher.FetchAsync(known, cancellation);
        var saved = await _writer.SaveAsync(name, parts, cancellation);
        return Keep(saved, parts);
    }

    private async Task<Dataset?> ReadStoredAsync(string name, CancellationToken cancellation)
    {
        string? failed = null;
        while (await FindAsync(name, cancellation) is { } manifest)
        {
            if (_cache.Find(manifest.Sha256) is { } kept) return kept.Name == name ? kept : kept with { Name = name };
            try
            {
                return Keep(manifest, await _store.ReadAsync(manifest, cancellation));
            }
            catch (StoredDatasetException) when (manifest.Upload != failed)
            {
                failed = manifest.Upload; // replaced while it was read, or damaged: the second look tells
            }
            catch (StoredDatasetException damage) when (manifest.Sha256 == Known(name)?.Sha256)
            {
                logger.Damaged(name, damage.Message);
                return null;
            }
            catch (StoredDatasetException damage)
            {
                throw Unusable(name, damage);
            }
        }
        return null;
    }

    private async Task<DatasetManifest?> FindAsync(string name, CancellationToken cancellation)
    {
        if (!ResourceId.IsValid(name)) return null;
        try
        {
            return await _store.FindAsync(name, cancellation);
        }
        catch (StoredDatasetException unreadable)
        {
            throw Unusable(name, unreadable);
        }
    }

    private Dataset Keep(DatasetManifest manifest, Dictionary<IdxPart, IdxArray> parts)
    {
        var (train, test) = IdxParts.ToImages(parts);
        return _cache.Keep(new Dataset(manifest.Name, train, test, manifest.Sha256));
    }
}
