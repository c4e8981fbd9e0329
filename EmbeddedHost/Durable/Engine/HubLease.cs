using System.Globalization;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using Microsoft.Extensions.Logging;

namespace GanFunctions.EmbeddedHost;

/// <summary>
/// One process at a time owns a hub: the one that leases the blob <c>owner</c>. Its metadata say who that is and count the owners.
/// </summary>
internal sealed class HubLease(HubStorage hub, DurableSettings settings, TimeProvider time, ILogger<HubLease> logger)
{
    public static readonly TimeSpan Duration = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan AskAgain = TimeSpan.FromMilliseconds(500);

    /// <summary>Waits until no other process owns the hub, and owns it.</summary>
    public async Task<Ownership> AcquireAsync(CancellationToken cancellation)
    {
        var began = time.GetUtcNow();
        var saidAt = DateTimeOffset.MinValue;
        while (true)
        {
            var attempt = await StorageFaults.WaitOutAsync(() => TryAcquireAsync(cancellation), logger, cancellation);
            if (attempt is not null)
            {
                logger.HubOwned(settings.HubName, attempt.Epoch);
                return attempt;
            }

            if (time.GetUtcNow() - saidAt >= Duration)
            {
                saidAt = time.GetUtcNow();
                var owner = await StorageFaults.WaitOutAsync(() => OwnerAsync(cancellation), logger, cancellation);
                logger.HubIsTaken(settings.HubName, owner, Duration.TotalSeconds, (saidAt - began).TotalSeconds);
            }

            await Task.Delay(AskAgain, time, cancellation);
        }
    }

    private async Task<Ownership?> TryAcquireAsync(CancellationToken cancellation)
    {
        var blob = hub.Leases.GetBlobClient("owner");
        if (!await blob.ExistsAsync(cancellation))
        {
            await CreateAsync(blob, cancellation);
        }

        var lease = blob.GetBlobLeaseClient();
        var sentAt = time.GetUtcNow();
        try
        {
            await lease.AcquireAsync(Duration, cancellationToken: cancellation);
        }
        catch (RequestFailedException e) when (e.Status == 409)
        {
            return null;
        }

        var properties = await blob.GetPropertiesAsync(cancellationToken: cancellation);
        properties.Value.Metadata.TryGetValue("epoch", out var last);
        var epoch = last is null ? 1 : long.Parse(last, CultureInfo.InvariantCulture) + 1;
        var metadata = new Dictionary<string, string>
        {
            ["epoch"] = epoch.ToString(CultureInfo.InvariantCulture),
            ["machine"] = Environment.MachineName,
            ["process"] = Environment.ProcessId.ToString(CultureInfo.InvariantCulture),
            ["since"] = sentAt.ToString("u", CultureInfo.InvariantCulture),
        };
        await blob.SetMetadataAsync(metadata, new BlobRequestConditions { LeaseId = lease.LeaseId }, cancellation);
        return new Ownership(lease, epoch, sentAt, time, logger);
    }

    private static async Task CreateAsync(BlobClient blob, CancellationToken cancellation)
    {
        try
        {
            var onlyIfNew = new BlobUploadOptions { Conditions = new() { IfNoneMatch = ETag.All } };
            await blob.UploadAsync(BinaryData.Empty, onlyIfNew, cancellation);
        }
        catch (RequestFailedException e) when (e.Status is 409 or 412)
        {
        }
    }

    private async Task<string> OwnerAsync(CancellationToken cancellation)
    {
        var properties = await hub.Leases.GetBlobClient("owner").GetPropertiesAsync(cancellationToken: cancellation);
        var metadata = properties.Value.Metadata;
        return metadata.TryGetValue("machine", out var machine) && metadata.TryGetValue("process", out var process)
            ? $"process {process} on {machine} since {metadata["since"]}"
            : "a process that has not said its name yet";
    }
}
