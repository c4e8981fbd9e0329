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
public sealed partial class DatasetCatalog(
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

    private KnownDataset? Known(string name) => _known.FirstOrDefault(known => known.Name == name);

    private async Task<Exception> UnknownAsync(string name, CancellationToken cancellation)
    {
        if (await new ConversionStore(container).FindAsync(name, cancellation) is { IsOpen: true } conversion)
        {
            return new DatasetUnavailableException(
                name, [$"its upload, of which {conversion.Done} of {conversion.Total} files are converted"],
                $"wait until the conversion in GET /api/datasets/{name} is ready; {DatasetFetcher.OrDigits}");
        }
        return new UnknownDatasetException(name, [.. (await ListAsync(cancellation)).Select(info => info.Name)]);
    }

    private static DatasetUnavailableException Unusable(string name, StoredDatasetException problem) => new(
        name,
        [$"Blob Storage: {problem.Message}"],
        $"{(problem.Newer ? "update this program, or " : "")}store it again with PUT /api/datasets/{name}; {DatasetFetcher.OrDigits}");
}
