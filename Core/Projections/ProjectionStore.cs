using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using GanFunctions.Core.Checkpoints;
using GanFunctions.Core.Storage;

namespace GanFunctions.Core.Projections;

/// <summary>Projections of runs in Blob Storage, with all their pictures. They are deleted with the run.</summary>
/// <param name="container">The container of all runs.</param>
public sealed class ProjectionStore(BlobContainerClient container)
{
    /// <summary>Number of projections of a run that are kept, the newest ones.</summary>
    public const int Kept = 20;

    /// <summary>Stores a new projection, unless there is one with its id that has not failed: equal questions are answered once.</summary>
    /// <returns>The stored projection.</returns>
    public async Task<Projection> AddAsync(string run, Projection projection, CancellationToken cancellation)
    {
        while (true)
        {
            var stored = await ReadAsync(run, projection.Id, cancellation);
            if (stored is { Projection: { State: not ProjectionState.Failed } known }) return known;
            if (await TryWriteAsync(run, projection, stored?.Version, cancellation)) return projection;
        }
    }

    /// <summary>A projection; null if there is none of that id, or if it cannot be read.</summary>
    public async Task<Projection?> FindAsync(string run, string id, CancellationToken cancellation) =>
        ResourceId.IsValid(run) && ResourceId.IsValid(id) ? (await ReadAsync(run, id, cancellation))?.Projection : null;

    /// <summary>The projections of a run, newest first.</summary>
    public async Task<IReadOnlyList<Projection>> ListAsync(string run, CancellationToken cancellation)
    {
        var found = new List<Projection>();
        await foreach (var blob in BlobsAsync(run, cancellation))
            if (await FindAsync(run, Path.GetFileNameWithoutExtension(blob.Name), cancellation) is { } projection) found.Add(projection);
        return [.. found.OrderByDescending(projection => projection.CreatedAt).ThenBy(projection => projection.Id, StringComparer.Ordinal)];
    }

    /// <summary>Updates a projection with If-Match and retries if another writer has changed it in between.</summary>
    /// <param name="run">The run's id.</param>
    /// <param name="id">The projection's id.</param>
    /// <param name="change">Returns the new state, or null to leave it unchanged. May be called more than once.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    /// <returns>The current projection; null if it was deleted.</returns>
    public async Task<Projection?> UpdateAsync(string run, string id, Func<Projection, Projection?> change, CancellationToken cancellation)
    {
        while (await ReadAsync(run, id, cancellation) is { Projection: { } projection, Version: var version })
        {
            if (change(projection) is not { } changed) return projection;
            if (await TryWriteAsync(run, changed, version, cancellation)) return changed;
        }
        return null;
    }

    /// <summary>Deletes all but the newest projections of a run.</summary>
    public async Task CollectAsync(string run, CancellationToken cancellation)
    {
        var all = await BlobsAsync(run, cancellation).ToListAsync(cancellation);
        foreach (var old in all.OrderByDescending(blob => blob.Properties.LastModified).Skip(Kept))
            await container.DeleteBlobIfExistsAsync(old.Name, cancellationToken: cancellation);
    }

    /// <summary>Deletes a projection.</summary>
    public Task DeleteAsync(string run, string id, CancellationToken cancellation) => Blob(run, id).DeleteIfExistsAsync(cancellationToken: cancellation);

    private async Task<(Projection? Projection, ETag Version)?> ReadAsync(string run, string id, CancellationToken cancellation)
    {
        var blob = Blob(run, id);
        StoredBlob? read = null;
        try
        {
            return await blob.TryReadAsync(
                stored => Json.ReadDocument<Projection>(blob.Name, (read = stored).Content, Projection.KnownFormat), cancellation) is { } projection
                ? (projection, read!.Version)
                : null;
        }
        catch (Exception unreadable) when (unreadable is InvalidDataException or NewerFormatException)
        {
            return (null, read!.Version); // like one that is absent: the same question can be asked again, which replaces it
        }
    }

    private Task<bool> TryWriteAsync(string run, Projection projection, ETag? version, CancellationToken cancellation) =>
        Blob(run, projection.Id).TryReplaceAsync(BinaryData.FromObjectAsJson(projection, Json.Document), version, cancellation);

    private AsyncPageable<BlobItem> BlobsAsync(string run, CancellationToken cancellation) =>
        container.GetBlobsAsync(new GetBlobsOptions { Prefix = RunPaths.Projections(run) }, cancellation);

    private BlobClient Blob(string run, string id) => container.GetBlobClient(RunPaths.Projection(run, id));
}
