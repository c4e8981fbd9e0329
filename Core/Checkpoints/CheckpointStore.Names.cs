using System.Text.Json;
using Azure;
using Azure.Storage.Blobs.Models;
using Microsoft.Extensions.Logging;

namespace GanFunctions.Core.Checkpoints;

/// <content>Manifests and the pointer to the latest of them.</content>
public sealed partial class CheckpointStore
{
    private sealed record Pointer(string Name);

    private async Task<IReadOnlyList<(string Name, ETag? Version)>> ListManifestsAsync(string run, CancellationToken cancellation)
    {
        var found = new List<(string Name, ETag? Version)>();
        var blobs = container.GetBlobsAsync(new GetBlobsOptions { Prefix = RunPaths.Manifests(run) }, cancellation);
        await foreach (var blob in blobs) found.Add((Path.GetFileNameWithoutExtension(blob.Name), blob.Properties.ETag));
        found.Sort((one, other) => string.CompareOrdinal(one.Name, other.Name));
        return found;
    }

    private async Task<IReadOnlyList<string>> ListNamesAsync(string run, CancellationToken cancellation) =>
        [.. (await ListManifestsAsync(run, cancellation)).Select(manifest => manifest.Name)];

    private async Task<Manifest?> ReadManifestAsync(string run, string name, CancellationToken cancellation)
    {
        var blob = container.GetBlobClient(RunPaths.Manifest(run, name));
        try
        {
            var manifest = Manifest.Read(blob.Name, (await blob.DownloadContentAsync(cancellation)).Value.Content);
            if (manifest.Name == name && manifest.Run == run) return manifest;
            throw new InvalidDataException($"{blob.Name} says that it is {manifest.Name} of run {manifest.Run}.");
        }
        catch (RequestFailedException missing) when (missing.Status == 404)
        {
            return null;
        }
    }

    private async Task<Manifest?> TryReadManifestAsync(string run, string name, CancellationToken cancellation, bool refuseNewer = false)
    {
        try
        {
            return await ReadManifestAsync(run, name, cancellation);
        }
        catch (InvalidDataException damage)
        {
            LogDamaged(run, name, damage.Message);
            return null;
        }
        catch (NewerFormatException newer) when (!refuseNewer)
        {
            LogNewer(run, name, newer.Message);
            return null;
        }
    }

    private async Task<Pointer?> ReadPointerAsync(string run, CancellationToken cancellation) =>
        (await ReadPointerWithTagAsync(run, cancellation)).Pointer;

    private async Task<(Pointer? Pointer, ETag? Tag)> ReadPointerWithTagAsync(string run, CancellationToken cancellation)
    {
        try
        {
            var stored = (await container.GetBlobClient(RunPaths.Latest(run)).DownloadContentAsync(cancellation)).Value;
            return (ParsePointer(run, stored.Content), stored.Details.ETag);
        }
        catch (RequestFailedException missing) when (missing.Status == 404)
        {
            return (null, null);
        }
    }

    private Pointer? ParsePointer(string run, BinaryData stored)
    {
        try
        {
            return stored.ToObjectFromJson<Pointer>(Manifest.Json) is { Name: not null } pointer ? pointer : null;
        }
        catch (JsonException damage)
        {
            LogPointerDamaged(run, damage.Message);
            return null;
        }
    }

    /// <summary>Never moves back, unless the checkpoints in front of it were found damaged. Names of later attempts sort behind.</summary>
    private async Task MovePointerAsync(Manifest manifest, CancellationToken cancellation, bool backwards = false)
    {
        while (true)
        {
            var (pointer, tag) = await ReadPointerWithTagAsync(manifest.Run, cancellation);
            var order = pointer is null ? 1 : string.CompareOrdinal(manifest.Name, pointer.Name);
            if (order == 0 || (order < 0 && !backwards)) return;
            var conditions = tag is { } seen
                ? new BlobRequestConditions { IfMatch = seen }
                : new BlobRequestConditions { IfNoneMatch = ETag.All };
            try
            {
                var blob = container.GetBlobClient(RunPaths.Latest(manifest.Run));
                var content = BinaryData.FromObjectAsJson(new Pointer(manifest.Name), Manifest.Json);
                await blob.UploadAsync(content, new BlobUploadOptions { Conditions = conditions }, cancellation);
                LogPointer(manifest.Run, manifest.Name);
                return;
            }
            catch (RequestFailedException moved) when (moved.Status is 409 or 412)
            {
                // Another worker moved it in between: look again.
            }
        }
    }

    [LoggerMessage(LogLevel.Warning, "Run {Run}: checkpoint {Name} is passed over: {Newer}")]
    private partial void LogNewer(string run, string name, string newer);

    [LoggerMessage(LogLevel.Warning, "Run {Run}: latest.json is damaged and counts as missing: {Damage}")]
    private partial void LogPointerDamaged(string run, string damage);
}
