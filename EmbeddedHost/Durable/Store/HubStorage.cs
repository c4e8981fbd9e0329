using Azure.Data.Tables;
using Azure.Storage.Blobs;
using GanFunctions.Storage;

namespace GanFunctions.EmbeddedHost;

/// <summary>
/// Where a hub is kept: one table, so that an instance and its history change in one transaction, and two containers.
/// </summary>
internal sealed class HubStorage
{
    private static readonly TimeSpan NetworkTimeout = TimeSpan.FromSeconds(20);
    private readonly Lock _gate = new();
    private Task? _created;

    public HubStorage(DurableSettings settings, StorageConnection storage)
    {
        var lower = settings.HubName.ToLowerInvariant();
        var tableOptions = new TableClientOptions { Retry = { NetworkTimeout = NetworkTimeout, MaxRetries = 2 } };
        var blobOptions = new BlobClientOptions { Retry = { NetworkTimeout = NetworkTimeout, MaxRetries = 2 } };
        var blobs = storage.Blobs(blobOptions);
        Table = storage.Tables(tableOptions).GetTableClient(settings.HubName + "Durable");
        LargePayloads = blobs.GetBlobContainerClient(lower + "-largemessages");
        Leases = blobs.GetBlobContainerClient(lower + "-leases");
    }

    public TableClient Table { get; }

    public BlobContainerClient LargePayloads { get; }

    public BlobContainerClient Leases { get; }

    /// <summary>Creates what is missing, once; a failure is tried again by the next caller.</summary>
    public Task EnsureCreatedAsync()
    {
        lock (_gate)
        {
            if (_created is null or { IsFaulted: true } or { IsCanceled: true })
            {
                _created = CreateAsync();
            }

            return _created;
        }
    }

    /// <summary>Creates what is missing, now: an emulator may have been started anew without its files.</summary>
    public async Task CreateAsync()
    {
        await Table.CreateIfNotExistsAsync();
        await LargePayloads.CreateIfNotExistsAsync();
        await Leases.CreateIfNotExistsAsync();
    }
}
