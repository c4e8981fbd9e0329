using System.Collections.Concurrent;
using Azure.Storage.Blobs;
using GanFunctions.Core.Data.Digits;
using GanFunctions.Core.Pictures;
using GanFunctions.Core.Storage;
using Microsoft.Extensions.Logging;

namespace GanFunctions.Core.Data;

/// <summary>
/// All data sets by name: <c>digits</c> is built in; <c>mnist</c> and <c>fashion-mnist</c> are downloaded on first use and stored in Blob
/// Storage; others are uploaded. A process has a single catalog.
/// </summary>
/// <param name="container">The container with <c>datasets/</c>; it is created when a data set is stored.</param>
/// <param name="http">Client for the mirrors.</param>
/// <param name="options">Sources, timeouts and limits.</param>
/// <param name="time">Measures the timeouts.</param>
/// <param name="logger">Logs the source of data, and sources that failed.</param>
public sealed class DatasetCatalog(
    BlobContainerClient container, HttpClient http, DatasetOptions options, TimeProvider time, ILogger<DatasetCatalog> logger) : IDisposable
{
    private readonly DatasetStore _store = new(container, options);
    private readonly DatasetWriter _writer = new(container, time, logger);
    private readonly DatasetFetcher _fetcher = new(http, options, time, logger);
    private readonly DatasetCache _cache = new(options.MaxDatasetBytes, time);
    private byte[]? _digits;
    private readonly ConcurrentDictionary<string, SemaphoreSlim> _gates = new();
    private readonly IReadOnlyList<KnownDataset> _known = KnownDataset.All(options);

    /// <summary>Checks within eight seconds whether a data set is available, without downloading it.</summary>
    /// <exception cref="UnknownDatasetException">The name is unknown; the message lists the available data sets.</exception>
    /// <exception cref="DatasetUnavailableException">
    /// It is not stored and no source has it; the message lists the sources that were tried.
    /// </exception>
    public async Task CheckAsync(string name, CancellationToken cancellation = default)
    {
        if (name == DrawnDigits.Name || await FindAsync(name, cancellation) is not null) return;
        var known = Known(name) ?? throw await UnknownAsync(name, cancellation);
        await _fetcher.ProbeAsync(known, cancellation);
    }

    /// <summary>
    /// Loads a data set: generates it, reads and verifies the stored copy, or downloads and stores it. Concurrent calls share one load. The
    /// data set that was used last stays in memory.
    /// </summary>
    /// <exception cref="UnknownDatasetException">The name is unknown; the message lists the available data sets.</exception>
    /// <exception cref="DatasetUnavailableException">
    /// It is damaged, or no source has it; the message lists the sources that were tried.
    /// </exception>
    /// <exception cref="DatasetMemoryException">Another large data set is in use.</exception>
    public async Task<Dataset> LoadAsync(string name, CancellationToken cancellation = default)
    {
        var gate = _gates.GetOrAdd(ResourceId.IsValid(name) ? name : "", _ => new SemaphoreSlim(1));
        await gate.WaitAsync(cancellation);
        try
        {
            return await LoadUnderGateAsync(name, cancellation);
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>Downloads and stores a known data set unless it is already stored.</summary>
    /// <returns>Its description.</returns>
    /// <exception cref="UnknownDatasetException">The name is unknown; the message lists the available data sets.</exception>
    /// <exception cref="DatasetUnavailableException">No source has it; the message lists the sources that were tried.</exception>
    public async Task<DatasetInfo> StoreAsync(string name, CancellationToken cancellation = default)
    {
        if (name != DrawnDigits.Name && await FindAsync(name, cancellation) is null)
            await LoadAsync(name, cancellation);
        return await GetAsync(name, cancellation) ?? throw await UnknownAsync(name, cancellation);
    }

    /// <summary>All data sets: built in, known and stored.</summary>
    public async Task<IReadOnlyList<DatasetInfo>> ListAsync(CancellationToken cancellation = default)
    {
        var stored = await _store.NamesAsync(cancellation);
        IEnumerable<string> names = [DrawnDigits.Name, .. _known.Select(known => known.Name), .. stored];
        var infos = await Task.WhenAll(names.Distinct().Select(name => GetAsync(name, cancellation)));
        return [.. infos.OfType<DatasetInfo>()];
    }

    /// <summary>What a data set occupies in Blob Storage, with what is stored of its uploads.</summary>
    public async Task<StorageUse> UseOfAsync(string name, CancellationToken cancellation) =>
        ResourceId.IsValid(name) ? await container.UseOfAsync(DatasetBlobs.FolderOf(name), cancellation) : new(0, 0);

    /// <summary>The description of a data set; null if there is none with this name.</summary>
    public async Task<DatasetInfo?> GetAsync(string name, CancellationToken cancellation = default)
    {
        if (name == DrawnDigits.Name) return DatasetInfos.BuiltIn;
        if (!ResourceId.IsValid(name)) return null;
        try
        {
            var manifest = await _store.FindAsync(name, cancellation);
            return DatasetInfos.Of(Known(name), manifest, manifest is null ? null : ClassNamesOf(manifest));
        }
        catch (StoredDatasetException unreadable)
        {
            return DatasetInfos.Unreadable(Known(name), name, unreadable);
        }
    }

    /// <summary>Checks that a data set can be stored or removed under this name.</summary>
    /// <exception cref="DatasetNameException">The name is invalid or reserved.</exception>
    public static void CheckWritable(string name) => DatasetNames.CheckWritable(name);

    /// <summary>A grid of pictures of a data set, spread evenly over its classes, as PNG. It is created once.</summary>
    /// <returns>The PNG; null if the data set is neither built in nor stored.</returns>
    /// <exception cref="DatasetUnavailableException">The stored data set is unusable.</exception>
    /// <exception cref="DatasetMemoryException">Another large data set is in use.</exception>
    public async Task<byte[]?> PreviewAsync(string name, CancellationToken cancellation = default)
    {
        if (name == DrawnDigits.Name)
            return _digits ??= Preview.Of((await LoadAsync(name, cancellation)).Train);
        if (await FindAsync(name, cancellation) is not { } manifest) return null;
        var blob = container.PreviewBlob(name, manifest.Upload);
        if (await blob.TryReadAsync(cancellation) is { } made) return made.Content.ToArray();
        var png = Preview.Of((await LoadAsync(name, cancellation)).Train);
        await blob.UploadAsync(BinaryData.FromBytes(png), overwrite: true, cancellation);
        return png;
    }

    /// <summary>Removes a data set from Blob Storage. A known data set can be downloaded again.</summary>
    /// <returns>False if it was not stored.</returns>
    /// <exception cref="DatasetNameException">The name is invalid or reserved.</exception>
    public Task<bool> DeleteAsync(string name, CancellationToken cancellation = default)
    {
        DatasetNames.CheckWritable(name);
        return _writer.DeleteAsync(name, cancellation);
    }

    /// <inheritdoc/>
    public void Dispose() => _cache.Dispose();

    private async Task<Dataset> LoadUnderGateAsync(string name, CancellationToken cancellation)
    {
        if (name == DrawnDigits.Name)
        {
            return _cache.Find(DrawnDigits.Sha256)
                ?? _cache.Keep(await Task.Run(() => DrawBuiltIn(cancellation), cancellation));
        }
        if (await ReadStoredAsync(name, cancellation) is { } stored) return stored;

        var known = Known(name) ?? throw await UnknownAsync(name, cancellation);
        var parts = await _fetcher.FetchAsync(known, cancellation);
        var saved = await _writer.SaveAsync(name, parts, cancellation);
        return Keep(saved, parts);
    }

    private static Dataset DrawBuiltIn(CancellationToken cancellation)
    {
        var (train, test) = DrawnDigits.Draw(cancellation);
        return Dataset.Of(DrawnDigits.Name, train, test);
    }

    private async Task<Dataset?> ReadStoredAsync(string name, CancellationToken cancellation)
    {
        string? failed = null;
        while (await FindAsync(name, cancellation) is { } manifest)
        {
            if (_cache.Find(manifest.Sha256) is { } kept) return Named(kept, name, ClassNamesOf(manifest));
            if (!_cache.TryMakeRoom(manifest.Bytes)) throw new DatasetMemoryException(name);
            try
            {
                return Keep(manifest, await _store.ReadAsync(manifest, cancellation));
            }
            catch (StoredDatasetException) when (manifest.Upload != failed)
            {
                failed = manifest.Upload; // replaced while it was being read, or damaged: the second attempt shows which
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
        return _cache.Keep(new Dataset(manifest.Name, train, test, manifest.Sha256, ClassNamesOf(manifest)));
    }

    private static Dataset Named(Dataset kept, string name, IReadOnlyList<string>? classNames) =>
        kept.Name == name && (kept.ClassNames ?? []).SequenceEqual(classNames ?? []) ? kept : kept with { Name = name, ClassNames = classNames };

    // The classes of a published data set have their published names, whatever name the data set is stored under.
    private IReadOnlyList<string>? ClassNamesOf(DatasetManifest manifest) =>
        manifest.ClassNames ?? _known.FirstOrDefault(known => known.Sha256 == manifest.Sha256)?.ClassNames;

    private KnownDataset? Known(string name) => _known.FirstOrDefault(known => known.Name == name);

    private async Task<Exception> UnknownAsync(string name, CancellationToken cancellation)
    {
        return await new ConversionStore(container).FindAsync(name, cancellation) switch
        {
            { IsOpen: true } open => new DatasetUnavailableException(
                name, [$"its upload, which is being converted ({open.Done} of {open.Total} files)"],
                $"wait until the conversion has completed; {DatasetFetcher.OrDigits}"),
            { State: ConversionState.Failed, Error: var error } => new DatasetUnavailableException(
                name, [$"its upload, which failed: {error?.TrimEnd('.')}"], $"upload it again; {DatasetFetcher.OrDigits}"),
            _ => new UnknownDatasetException(name, [.. (await ListAsync(cancellation)).Select(info => info.Name)]),
        };
    }

    private static DatasetUnavailableException Unusable(string name, StoredDatasetException problem) => new(
        name,
        [$"Blob Storage: {problem.Message}"],
        $"{(problem.Newer ? "update this program, or " : "")}upload it again; {DatasetFetcher.OrDigits}");
}

internal static class DatasetInfos
{
    private static readonly IReadOnlyList<int> ZeroToNine = [.. Enumerable.Range(0, 10)];

    public static DatasetInfo BuiltIn { get; } = new(
        DrawnDigits.Name, "built-in", Stored: false, DrawnDigits.TrainCount, DrawnDigits.TestCount, 10, DigitPen.Side, DigitPen.Side, 1,
        DrawnDigits.Sha256, "Synthetic handwritten digits, generated by this application; always available and identical everywhere",
        Labels: ZeroToNine);

    public static DatasetInfo? Of(KnownDataset? known, DatasetManifest? manifest, IReadOnlyList<string>? classNames) => (known, manifest) switch
    {
        (null, null) => null,
        (null, _) => manifest.ToInfo("stored", $"Uploaded on {manifest.StoredAt:yyyy-MM-dd}", classNames),
        (_, null) => new DatasetInfo(
            known.Name, "known", Stored: false, 60_000, 10_000, 10, 28, 28, 1, known.Sha256,
            $"{known.Description}; downloaded on first use", known.ClassNames, ZeroToNine),
        _ => manifest.ToInfo("known", manifest.Sha256 == known.Sha256
            ? known.Description
            : $"Uploaded on {manifest.StoredAt:yyyy-MM-dd} under this name; not the published data set", classNames),
    };

    public static DatasetInfo Unreadable(KnownDataset? known, string name, StoredDatasetException problem) => new(
        name, known is null ? "stored" : "known", Stored: true, null, null, null, null, null, null, null,
        $"Unusable: {problem.Message}");
}

internal static partial class DatasetLog
{
    [LoggerMessage(Level = LogLevel.Information, Message = "Data set {Dataset}: loaded {Part} from {Source}")]
    public static partial void Fetched(this ILogger logger, string dataset, IdxPart part, object source);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Data set {Dataset}: a source failed. {Problem}")]
    public static partial void SourceFailed(this ILogger logger, string dataset, string problem);

    [LoggerMessage(Level = LogLevel.Information, Message = "Data set {Dataset}: stored {Train} training pictures, SHA-256 {Sha256}")]
    public static partial void Saved(this ILogger logger, string dataset, int? train, string sha256);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Data set {Dataset}: the stored copy is damaged; downloading it again. {Damage}")]
    public static partial void Damaged(this ILogger logger, string dataset, string damage);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Data set {Dataset}: could not remove leftover files; the next upload tries again")]
    public static partial void NotSwept(this ILogger logger, Exception exception, string dataset);
}
