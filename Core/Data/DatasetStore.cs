using System.Net;
using Azure;
using Azure.Storage.Blobs;
using GanFunctions.Core.Storage;

namespace GanFunctions.Core.Data;

/// <summary>Reads the data sets in Blob Storage.</summary>
internal sealed class DatasetStore(BlobContainerClient container, DatasetOptions options)
{
    /// <exception cref="StoredDatasetException">The manifest is damaged or newer than this program.</exception>
    public async Task<DatasetManifest?> FindAsync(string name, CancellationToken cancellation) =>
        await container.ManifestBlob(name).TryReadAsync(cancellation) is { } found
            ? DatasetManifest.Parse(name, found.Content)
            : null;

    /// <summary>Names of all data sets that are stored.</summary>
    public Task<List<string>> NamesAsync(CancellationToken cancellation) =>
        container.NamesWithAsync(DatasetBlobs.ManifestFile, cancellation);

    /// <summary>Reads a data set whole and checks every part.</summary>
    /// <exception cref="StoredDatasetException">A part is missing or damaged.</exception>
    public async Task<Dictionary<IdxPart, IdxArray>> ReadAsync(DatasetManifest manifest, CancellationToken cancellation)
    {
        var parts = new Dictionary<IdxPart, IdxArray>();
        foreach (var stored in manifest.Parts)
        {
            var blob = container.PartBlob(manifest.Name, manifest.Upload, stored.Part);
            var array = await ReadAsync(blob, cancellation);
            var hash = array.ComputeSha256();
            if (hash != stored.Sha256) throw new StoredDatasetException($"{blob.Name} unpacks to the SHA-256 {hash}, not {stored.Sha256}");
            parts[stored.Part] = array;
        }
        return parts;
    }

    private async Task<IdxArray> ReadAsync(BlobClient blob, CancellationToken cancellation)
    {
        try
        {
            await using var stream = await blob.OpenReadAsync(cancellationToken: cancellation);
            return await IdxReader.ReadAsync(stream, blob.Name, options.MaxDatasetBytes, cancellation);
        }
        catch (RequestFailedException missing) when (missing.Status == (int)HttpStatusCode.NotFound)
        {
            throw new StoredDatasetException($"{blob.Name} is missing", inner: missing);
        }
        catch (IdxFormatException damage)
        {
            throw new StoredDatasetException(damage.Message.TrimEnd('.'), inner: damage);
        }
    }
}
