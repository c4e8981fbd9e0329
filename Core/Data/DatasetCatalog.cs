using System.Collections.Concurrent;
using Azure.Storage.Blobs;
using GanFunctions.Core.Data.Digits;
using GanFunctions.Core.Pictures;
using GanFunctions.Core.Storage;
using Microsoft.Extensions.Logging;

namespace GanFunctions.Core.Data;

/// <summary>
/// All data sets by name: <c>digits</c> is built in; <c>mnist</c> and <c>fashion-mnist</c> are fetched when they are first asked for and
/// stored in Blob Storage; others are uploaded. One catalog serves the whole process.
/// </summary>
/// <param name="container">Holds <c>datasets/</c>; created when something is stored.</param>
/// <param name="http">Asks the mirrors.</param>
/// <param name="options">Where to look, and for how long.</param>
/// <param name="time">Measures the time-outs.</param>
/// <param name="logger">Says where data came from, and which source failed.</param>
public sealed class DatasetCatalog(
    BlobContainerClient container, HttpClient http, DatasetOptions options, TimeProvider time, ILogger<DatasetCatalog> logger)
{
    private readonly DatasetStore _store = new(container, options);
    private readonly DatasetWriter _writer = new(container, time, logger);
    private readonly DatasetFetcher _fetcher = new(http, options, time, logger);
    private readonly DatasetCache _cache = new();
    private byte[]? _digits;
    private readonly ConcurrentDictionary<string, SemaphoreSlim> _gates = new();
    private readonly IReadOnlyList<KnownDataset> _known = KnownDataset.All(options);

    /// <summary>Finds out within eight seconds whether a data set can be had, without fetching it.</summary>
    /// <exception cref="UnknownDatasetException">Nobody knows the name; the message lists those that there are.</exception>
    /// <exception cref="DatasetUnavailableException">It is not stored and no source has it; the message says what was tried.</exception>
    public async Task CheckAsync(string name, CancellationToken cancellation = default)
    {
        if (name == DrawnDigits.Name || await FindAsync(name, cancellation) is not null) return;
        var known = Known(name) ?? throw await UnknownAsync(name, cancellation);
        await _fetcher.ProbeAsync(known, cancellation);
    }

    /// <summary>
    /// Loads a data set: draws it, reads and verifies it, or fetches it and stores it for the next time. Those who ask at once wait for one
    /// load; the set used last stays in memory.
    /// </summary>
    /// <exception cref="UnknownDatasetException">Nobody knows the name; the message lists those that there are.</exception>
    /// <exception cref="DatasetUnavailableException">It is damaged, or no source has it; the message says what was tried.</exception>
    public async Task<Dataset> LoadAsync(string name, CancellationToken cancellation = default)
    {
        var gate = _gates.GetOrAdd(ResourceId.IsValid(name) ? name : "", _ => new SemaphoreSlim(1));
        await gate.WaitAsync(cancellation);
        try
        {
            return await LoadAloneAsync(name, cancellation);
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>Fetches and stores a known data set unless it is there already.</summary>
    /// <returns>What is known of it.</returns>
    /// <exception cref="UnknownDatasetException">Nobody knows the name; the message lists those that there are.</exception>
    /// <exception cref="DatasetUnavailableException">No source has it; the message says what was tried.</exception>
    public async Task<DatasetInfo> StoreAsync(string name, CancellationToken cancellation = default)
    {
        if (name != DrawnDigits.Name && await FindAsync(name, cancellation) is null)
            await LoadAsync(name, cancellation);
        return await GetAsync(name, cancellation) ?? throw await UnknownAsync(name, cancellation);
    }

    /// <summary>The data sets there are: built in, known, stored.</summary>
    public async Task<IReadOnlyList<DatasetInfo>> ListAsync(CancellationToken cancellation = default)
    {
        var stored = await _store.NamesAsync(cancellation);
        IEnumerable<string> names = [DrawnDigits.Name, .. _known.Select(known => known.Name), .. stored];
        var infos = await Task.WhenAll(names.Distinct().Select(name => GetAsync(name, cancellation)));
        return [.. infos.OfType<DatasetInfo>()];
    }

    /// <summary>One of <see cref="ListAsync"/>, or null.</summary>
    public async Task<DatasetInfo?> GetAsync(string name, CancellationToken cancellation = default)
    {
        if (name == DrawnDigits.Name) return DatasetInfos.BuiltIn;
        if (!ResourceId.IsValid(name)) return null;
        try
        {
            var manifest = await _store.FindAsync(name, cancellation);
            return DatasetInfos.Of(Known(name), manifest);
        }
        catch (StoredDatasetException unreadable)
        {
            return DatasetInfos.Unreadable(Known(name), name, unreadable);
        }
    }

    /// <summary>Whether a data set can be stored or removed under this name.</summary>
    /// <exception cref="DatasetNameException">The name is reserved, or no name.</exception>
    public static void CheckWritable(string name) => DatasetNames.CheckWritable(name);

    /// <summary>Pictures of a data set in a grid, evenly over its classes, as PNG; made once.</summary>
    /// <returns>Null for one that is neither built in nor stored.</returns>
    /// <exception cref="DatasetUnavailableException">What is stored cannot be used.</exception>
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

    /// <summary>Removes a data set from Blob Storage. A known one can be fetched again.</summary>
    /// <returns>False if it was not stored.</returns>
    /// <exception cref="DatasetNameException">The name is reserved, or no name.</exception>
    public Task<bool> DeleteAsync(string name, CancellationToken cancellation = default)
    {
        DatasetNames.CheckWritable(name);
        return _writer.DeleteAsync(name, cancellation);
    }

    private async Task<Dataset> LoadAloneAsync(string name, CancellationToken cancellation)
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

    private KnownDataset? Known(string name) => _known.FirstOrDefault(known => known.Name == name);

    private async Task<Exception> UnknownAsync(string name, CancellationToken cancellation)
    {
        if (await new ConversionStore(container).FindAsync(name, cancellation) is { IsOpen: true } conversion)
        {
            return new DatasetUnavailableException(
                name, [$"its upload, of which {conversion.Done} of {conversion.Total} files are converted"],
                $"wait until the conversion is ready; {DatasetFetcher.OrDigits}");
        }
        return new UnknownDatasetException(name, [.. (await ListAsync(cancellation)).Select(info => info.Name)]);
    }

    private static DatasetUnavailableException Unusable(string name, StoredDatasetException problem) => new(
        name,
        [$"Blob Storage: {problem.Message}"],
        $"{(problem.Newer ? "update this program, or " : "")}upload it again; {DatasetFetcher.OrDigits}");
}

internal static class DatasetInfos
{
    public static DatasetInfo BuiltIn { get; } = new(
        DrawnDigits.Name, "built-in", Stored: false, DrawnDigits.TrainCount, DrawnDigits.TestCount, 10, DigitPen.Side, DigitPen.Side, 1,
        DrawnDigits.Sha256, "Handwritten digits drawn from strokes of our own: always there, and the same for everyone");

    public static DatasetInfo? Of(KnownDataset? known, DatasetManifest? manifest) => (known, manifest) switch
    {
        (null, null) => null,
        (null, _) => manifest.ToInfo("stored", $"Uploaded on {manifest.StoredAt:yyyy-MM-dd}"),
        (_, null) => new DatasetInfo(
            known.Name, "known", Stored: false, 60_000, 10_000, 10, 28, 28, 1, known.Sha256,
            $"{known.Description}; fetched when it is first used"),
        _ => manifest.ToInfo("known", manifest.Sha256 == known.Sha256
            ? known.Description
            : $"Uploaded on {manifest.StoredAt:yyyy-MM-dd} under this name; it is not the published data set"),
    };

    public static DatasetInfo Unreadable(KnownDataset? known, string name, StoredDatasetException problem) => new(
        name, known is null ? "stored" : "known", Stored: true, null, null, null, null, null, null, null,
        $"It cannot be used: {problem.Message}");
}

internal static partial class DatasetLog
{
    [LoggerMessage(Level = LogLevel.Information, Message = "Data set {Dataset}: {Part} came from {Source}")]
    public static partial void Fetched(this ILogger logger, string dataset, IdxPart part, object source);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Data set {Dataset} is not to be had from {Attempt}")]
    public static partial void NotThere(this ILogger logger, string dataset, string attempt);

    [LoggerMessage(Level = LogLevel.Information, Message = "Data set {Dataset} is stored: {Train} pictures, SHA-256 {Sha256}")]
    public static partial void Saved(this ILogger logger, string dataset, int? train, string sha256);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Data set {Dataset} is fetched again, since its stored copy is damaged: {Damage}")]
    public static partial void Damaged(this ILogger logger, string dataset, string damage);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Data set {Dataset}: leftovers could not be removed; the next upload tries again")]
    public static partial void NotSwept(this ILogger logger, Exception exception, string dataset);
}
