using System.Text.Json;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using GanFunctions.Core.Checkpoints;
using GanFunctions.Core.Data;
using GanFunctions.Core.Training;
using Microsoft.Extensions.Logging;

namespace GanFunctions.Core.Quality;

/// <summary>
/// Rulers on Blob Storage, one for each data set and version of the recipe, made when first asked for: <c>quality/{data set}/{ruler}.safetensors</c>,
/// both by SHA-256, then <c>quality/{data set}/v{recipe}.json</c>, which says which it is. Whoever writes that first wins, and the others
/// measure with the winner's. The one used last stays in memory.
/// </summary>
/// <param name="container">Container of all runs.</param>
/// <param name="logger">Says what was made, and found damaged.</param>
public sealed partial class RulerStore(BlobContainerClient container, ILogger<RulerStore> logger) : IDisposable
{
    private sealed record Index(int Format, BlobReference File, double? Accuracy);

    private const int Format = 1;
    private readonly SemaphoreSlim _gate = new(1); // those who ask at once wait for one making
    private (string Dataset, Ruler? Ruler) _last = ("", null);

    /// <summary>The ruler of a data set; null where it has fewer than 250 pictures (50 held out, 50 others, where it brings a test set).</summary>
    /// <exception cref="NewerFormatException">A later version made it.</exception>
    /// <exception cref="OperationCanceledException">As asked, which may be while it is made: that takes up to a minute.</exception>
    public async Task<Ruler?> GetAsync(Dataset data, CancellationToken cancellation)
    {
        await _gate.WaitAsync(cancellation);
        try
        {
            if (_last.Dataset == data.Sha256) return _last.Ruler;
            var ruler = await TryReadAsync(data, cancellation) ?? await MakeAsync(data, cancellation);
            _last = (data.Sha256, ruler); // the one before is left to its finalizers: someone may be measuring with it
            return ruler;
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _gate.Dispose();

    private async Task<Ruler?> MakeAsync(Dataset data, CancellationToken cancellation)
    {
        LogMaking(data.Name);
        var file = await TrainingThread.RunAsync(RulerMaker.Threads, () => RulerMaker.Make(data, cancellation));
        if (file is null)
        {
            LogTooSmall(data.Name);
            return null;
        }
        using var made = new Ruler(file);
        var reference = CheckpointStore.Reference(file);
        await UploadAsync(FileBlob(data, reference), new BinaryData(file), cancellation);
        await UploadAsync(IndexBlob(data), BinaryData.FromObjectAsJson(new Index(Format, reference, made.Accuracy), Manifest.Json), cancellation);
        LogMade(data.Name, reference.Sha256, made.Accuracy);
        return await TryReadAsync(data, cancellation) ?? throw new IOException($"The ruler of {data.Name} was stored a moment ago and cannot be read.");
    }

    private async Task<Ruler?> TryReadAsync(Dataset data, CancellationToken cancellation)
    {
        var index = IndexBlob(data);
        try
        {
            var found = (await index.DownloadContentAsync(cancellation)).Value.Content.ToObjectFromJson<Index>(Manifest.Json);
            if (found?.Format > Format) throw new NewerFormatException($"{index.Name} is of format {found.Format}; this version reads formats up to {Format}.");
            if (found?.File is not { } reference) throw new InvalidDataException($"{index.Name} names no file.");
            try
            {
                var file = (await FileBlob(data, reference).DownloadContentAsync(cancellation)).Value.Content.ToArray();
                if (CheckpointStore.Reference(file) != reference) throw new InvalidDataException($"{reference.Sha256} does not have the content it is named after.");
                return new Ruler(file);
            }
            catch (Exception damage) when (damage is InvalidDataException or RequestFailedException { Status: 404 })
            {
                // It would stand in the way of its own replacement, which has the same name.
                await FileBlob(data, reference).DeleteIfExistsAsync(cancellationToken: cancellation);
                throw new InvalidDataException(damage.Message, damage);
            }
        }
        catch (RequestFailedException missing) when (missing.Status == 404)
        {
            return null;
        }
        catch (Exception damage) when (damage is InvalidDataException or JsonException)
        {
            LogDamaged(data.Name, damage.Message);
            await index.DeleteIfExistsAsync(cancellationToken: cancellation);
            return null;
        }
    }

    private static async Task UploadAsync(BlobClient blob, BinaryData content, CancellationToken cancellation)
    {
        try
        {
            await blob.UploadAsync(content, new BlobUploadOptions { Conditions = new BlobRequestConditions { IfNoneMatch = ETag.All } }, cancellation);
        }
        catch (RequestFailedException taken) when (taken.ErrorCode == BlobErrorCode.BlobAlreadyExists)
        {
            // Another worker was faster, and its ruler is as good as ours.
        }
    }

    private BlobClient IndexBlob(Dataset data) => container.GetBlobClient($"quality/{data.Sha256}/v{RulerMaker.Version}.json");

    private BlobClient FileBlob(Dataset data, BlobReference reference) => container.GetBlobClient($"quality/{data.Sha256}/{reference.Sha256}.safetensors");

    [LoggerMessage(LogLevel.Information, "Data set {Dataset}: making the ruler that its runs are measured with; that takes up to a minute, once")]
    private partial void LogMaking(string dataset);

    [LoggerMessage(LogLevel.Information, "Data set {Dataset}: made its ruler {Sha256}; the classifier is right in {Accuracy} of held-out pictures")]
    private partial void LogMade(string dataset, string sha256, double? accuracy);

    [LoggerMessage(LogLevel.Warning, "Data set {Dataset} is too small for the quality of pictures to be measured")]
    private partial void LogTooSmall(string dataset);

    [LoggerMessage(LogLevel.Warning, "Data set {Dataset}: its ruler is damaged and made again: {Damage}")]
    private partial void LogDamaged(string dataset, string damage);
}
