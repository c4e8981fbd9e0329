using System.Net;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using GanFunctions.Core.Storage;

namespace GanFunctions.Core.Data;

/// <summary>Reads and writes the state of conversions.</summary>
/// <param name="container">Holds <c>datasets/</c>.</param>
public sealed class ConversionStore(BlobContainerClient container)
{
    /// <summary>The conversion of the latest upload of that name, or null.</summary>
    public async Task<Conversion?> FindAsync(string name, CancellationToken cancellation) =>
        ResourceId.IsValid(name) ? (await ReadAsync(name, cancellation))?.Conversion : null;

    /// <summary>All that there are.</summary>
    public async Task<List<Conversion>> ListAsync(CancellationToken cancellation)
    {
        List<Conversion> all = [];
        foreach (var name in await container.NamesWithAsync(DatasetBlobs.ConversionFile, cancellation))
            if (await FindAsync(name, cancellation) is { } conversion) all.Add(conversion);
        return all;
    }

    /// <summary>Writes a conversion, whatever is there: the latest upload wins.</summary>
    /// <returns>The one that it replaced, if any.</returns>
    public async Task<Conversion?> ReplaceAsync(Conversion conversion, CancellationToken cancellation)
    {
        while (true)
        {
            var old = await ReadAsync(conversion.Name, cancellation);
            if (await TryWriteAsync(conversion, old?.Version, cancellation)) return old?.Conversion;
        }
    }

    /// <summary>Changes a conversion with If-Match, again and again until nobody came in between.</summary>
    /// <param name="name">The data set's name.</param>
    /// <param name="upload">The upload it must still be of.</param>
    /// <param name="change">Gives the new state, or null to leave it as it is. May be called more than once.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>The conversion as it is now; null when the upload was replaced or removed.</returns>
    public async Task<Conversion?> UpdateAsync(
        string name, string upload, Func<Conversion, Conversion?> change, CancellationToken cancellation)
    {
        while (await ReadAsync(name, cancellation) is { } found && found.Conversion.Upload == upload)
        {
            if (change(found.Conversion) is not { } changed) return found.Conversion;
            if (await TryWriteAsync(changed, found.Version, cancellation)) return changed;
        }
        return null;
    }

    /// <summary>Removes a conversion. Who works on it finds out when it writes the next time.</summary>
    /// <returns>What was removed, or null.</returns>
    public async Task<Conversion?> DeleteAsync(string name, CancellationToken cancellation)
    {
        var found = await ReadAsync(name, cancellation);
        if (found is not null) await container.ConversionBlob(name).DeleteIfExistsAsync(cancellationToken: cancellation);
        return found?.Conversion;
    }

    private async Task<(Conversion Conversion, ETag Version)?> ReadAsync(string name, CancellationToken cancellation) =>
        await container.ConversionBlob(name).TryReadAsync(cancellation) is { } stored
            ? (Conversion.Parse(name, stored.Content) with { WrittenAt = stored.WrittenAt }, stored.Version)
            : null;

    private Task<bool> TryWriteAsync(Conversion conversion, ETag? version, CancellationToken cancellation) =>
        container.ConversionBlob(conversion.Name).TryReplaceAsync(conversion.ToJson(), version, cancellation);
}
