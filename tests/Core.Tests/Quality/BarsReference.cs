using Azure.Storage.Blobs;
using GanFunctions.Core.Quality;
using GanFunctions.Core.Tests.Data;
using GanFunctions.Core.Tests.Training;
using GanFunctions.TestKit;
using Microsoft.Extensions.Logging.Abstractions;

namespace GanFunctions.Core.Tests.Quality;

/// <summary>
/// The quality reference of the bars that <see cref="TrainingBench"/> trains on. It is built once and copied to every container, because it is
/// found by hash.
/// </summary>
internal static class BarsReference
{
    private static readonly SemaphoreSlim Once = new(1);
    private static Dictionary<string, BinaryData>? _blobs;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Stores it where a worker looks for it.</summary>
    public static async Task StoreAsync(BlobContainerClient container)
    {
        await Once.WaitAsync(Cancellation);
        try
        {
            if (_blobs is { } made)
            {
                foreach (var (name, content) in made) await container.GetBlobClient(name).UploadAsync(content, overwrite: true, Cancellation);
                return;
            }
            using var store = new QualityReferenceStore(container, TimeProvider.System, NullLogger<QualityReferenceStore>.Instance);
            using var reference = await store.GetAsync(Bars.Of(TrainingBench.Pictures), Cancellation);
            var names = (await container.NamesOfBlobsAsync(Cancellation)).Where(name => name.StartsWith("quality/", StringComparison.Ordinal));
            _blobs = [];
            foreach (var name in names) _blobs[name] = (await container.GetBlobClient(name).DownloadContentAsync(Cancellation)).Value.Content;
        }
        finally
        {
            Once.Release();
        }
    }
}
