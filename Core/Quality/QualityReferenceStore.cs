using Azure.Storage.Blobs;
using GanFunctions.Core.Data;
using GanFunctions.Core.Memory;
using GanFunctions.Core.Storage;
using GanFunctions.Core.Training;
using Microsoft.Extensions.Logging;

namespace GanFunctions.Core.Quality;

/// <summary>
/// Quality references in Blob Storage, one for each data set and version of the recipe, built on first use. The reference is at
/// <c>quality/{data set}/{reference}.safetensors</c>, both named by their SHA-256; the index <c>quality/{data set}/v{recipe}.json</c> names the
/// file. The first worker to write the index wins, and all others measure with its reference. The last reference used stays in memory.
/// </summary>
/// <param name="container">The container of all runs.</param>
/// <param name="time">Measures how long one is unused.</param>
/// <param name="logger">Logs builds and damaged references.</param>
public sealed partial class QualityReferenceStore(BlobContainerClient container, TimeProvider time, ILogger<QualityReferenceStore> logger) : IDisposable
{
    private sealed record Last(string Dataset, QualityReference? Reference);

    private sealed record Index(int Format, BlobReference File, double? Accuracy);

    private const int Format = 1;

    private readonly SemaphoreSlim _gate = new(1); // concurrent callers wait for one build
    private readonly Recent<Last> _last = new(time, last => last.Reference?.Dispose());

    /// <summary>
    /// The quality reference of a data set, built on first use. Null if the set is too small: fewer than 50 training pictures, or fewer
    /// than 50 test pictures and fewer than 250 training pictures. The caller disposes it.
    /// </summary>
    /// <exception cref="NewerFormatException">A later version wrote the index.</exception>
    /// <exception cref="OperationCanceledException">
    /// The call was cancelled, possibly during a build, which takes up to a minute.
    /// </exception>
    public async Task<QualityReference?> GetAsync(Dataset data, CancellationToken cancellation)
    {
        await _gate.WaitAsync(cancellation);
        try
        {
            if (_last.Use(last => (IsKept: last?.Dataset == data.Sha256, Reference: last?.Dataset == data.Sha256 ? last.Reference?.Share() : null)) is { IsKept: true } kept)
                return kept.Reference;
            var reference = await TryReadAsync(data, cancellation) ?? await BuildAsync(data, cancellation);
            var shared = reference?.Share();
            _last.Keep(new(data.Sha256, reference));
            return shared;
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>The file of the quality reference of a data set; null if none has been built. It is not read.</summary>
    /// <param name="dataset">SHA-256 of the data set.</param>
    /// <param name="cancellation">Cancels the read of the index.</param>
    public async Task<BlobReference?> FindAsync(string dataset, CancellationToken cancellation)
    {
        foreach (var version in QualityReferenceBuilder.Versions)
        {
            var index = IndexBlob(dataset, version);
            try
            {
                if (await index.TryReadAsync(stored => Json.ReadDocument<Index>(index.Name, stored.Content, Format), cancellation) is { } found) return found.File;
            }
            catch (Exception unreadable) when (unreadable is InvalidDataException or NewerFormatException)
            {
                // The next slice that measures reports and repairs it.
            }
        }
        return null;
    }

    /// <summary>Reads a quality reference. The caller disposes it.</summary>
    /// <param name="dataset">SHA-256 of the data set.</param>
    /// <param name="reference">The file, from <see cref="FindAsync"/>.</param>
    /// <param name="cancellation">Cancels the read.</param>
    /// <exception cref="InvalidDataException">The file is missing or damaged.</exception>
    public async Task<QualityReference> ReadAsync(string dataset, BlobReference reference, CancellationToken cancellation)
    {
        var blob = FileBlob(dataset, reference);
        try
        {
            var read = new QualityReference(await blob.ReadAsync(reference, cancellation));
            FreedMemory.ReturnAll(); // its file, and that of a pretrained network: up to 75 MB
            return read;
        }
        catch (InvalidDataException)
        {
            await blob.DeleteIfExistsAsync(cancellationToken: cancellation); // it would prevent the upload of its replacement, which has the same name
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _last.Dispose();
        _gate.Dispose();
    }

    private async Task<QualityReference?> BuildAsync(Dataset data, CancellationToken cancellation)
    {
        LogBuilding(data.Name);
        var file = await TrainingThread.RunAsync(QualityReferenceBuilder.Threads, () => QualityReferenceBuilder.Build(data, cancellation));
        FreedMemory.ReturnNative();
        if (file is null)
        {
            LogTooSmall(data.Name);
            return null;
        }
        using var built = new QualityReference(file);
        var reference = BlobReference.Of(file);
        var index = BinaryData.FromObjectAsJson(new Index(Format, reference, built.Accuracy), Json.Document);
        await FileBlob(data.Sha256, reference).TryCreateAsync(new BinaryData(file), cancellation);
        await IndexBlob(data).TryCreateAsync(index, cancellation); // if another worker came first, its reference is used
        LogBuilt(data.Name, reference.Sha256, built.Accuracy);
        return await TryReadAsync(data, cancellation)
            ?? throw new IOException($"The quality reference of {data.Name} was just stored but cannot be read.");
    }

    private async Task<QualityReference?> TryReadAsync(Dataset data, CancellationToken cancellation)
    {
        var index = IndexBlob(data);
        try
        {
            return await index.TryReadAsync(stored => Json.ReadDocument<Index>(index.Name, stored.Content, Format), cancellation) is { } found
                ? await ReadAsync(data.Sha256, found.File, cancellation)
                : null;
        }
        catch (InvalidDataException damage)
        {
            LogDamaged(data.Name, damage.Message);
            await index.DeleteIfExistsAsync(cancellationToken: cancellation);
            return null;
        }
    }

    private BlobClient IndexBlob(Dataset data) => IndexBlob(data.Sha256, (int)QualityReferenceBuilder.KindFor(data));

    private BlobClient IndexBlob(string dataset, int version) => container.GetBlobClient($"quality/{dataset}/v{version}.json");

    private BlobClient FileBlob(string dataset, BlobReference reference) => container.GetBlobClient($"quality/{dataset}/{reference.Sha256}.safetensors");

    [LoggerMessage(LogLevel.Information, "Data set {Dataset}: building its quality reference; this takes up to a minute and is done once")]
    private partial void LogBuilding(string dataset);

    [LoggerMessage(LogLevel.Information, "Data set {Dataset}: built quality reference {Sha256}; classifier accuracy on held-out pictures: {Accuracy}")]
    private partial void LogBuilt(string dataset, string sha256, double? accuracy);

    [LoggerMessage(LogLevel.Warning, "Data set {Dataset}: too small for a quality reference; runs on it are not measured")]
    private partial void LogTooSmall(string dataset);

    [LoggerMessage(LogLevel.Warning, "Data set {Dataset}: the quality reference is damaged; rebuilding it. {Damage}")]
    private partial void LogDamaged(string dataset, string damage);
}
