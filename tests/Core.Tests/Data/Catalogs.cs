using System.Text.Json.Nodes;
using Azure.Storage.Blobs;
using GanFunctions.Core.Data;
using GanFunctions.Core.Pictures;
using GanFunctions.TestKit;
using Microsoft.Extensions.Logging.Abstractions;

namespace GanFunctions.Core.Tests.Data;

internal static class Catalogs
{
    private static readonly HttpClient Http = new();

    /// <summary>No folder and no mirror: known data sets are unavailable unless a test stores them.</summary>
    public static DatasetOptions NoSources { get; } = new()
    {
        MnistMirrors = [],
        FashionMnistMirrors = [],
        FashionMnistFolder = null,
        ProbeTimeout = TimeSpan.FromSeconds(3),
        AnswerTimeout = TimeSpan.FromSeconds(3),
        StallTimeout = TimeSpan.FromSeconds(3),
    };

    /// <summary>A container that no other test uses; it does not exist yet.</summary>
    public static BlobContainerClient NewContainer(this AzuriteFixture azurite) =>
        azurite.Blobs().GetBlobContainerClient($"data-{Guid.NewGuid():n}");

    public static DatasetCatalog Over(BlobContainerClient container, DatasetOptions? options = null) =>
        new(container, Http, options ?? NoSources, TimeProvider.System, NullLogger<DatasetCatalog>.Instance);

    /// <summary>Stores a data set directly, without an upload.</summary>
    public static async Task<DatasetInfo> StoreAsync(this BlobContainerClient container, string name, ImageSet train, ImageSet? test = null)
    {
        await new DatasetWriter(container, TimeProvider.System, NullLogger.Instance).SaveAsync(
            name, IdxParts.Of(train, test), TestContext.Current.CancellationToken);
        return (await Over(container).GetAsync(name, TestContext.Current.CancellationToken))!;
    }

    /// <summary>Names the classes of a stored data set, as an upload with one folder per class does.</summary>
    public static Task NameClassesAsync(this BlobContainerClient container, string dataset, params string[] names) =>
        container.ChangeManifestAsync(dataset, manifest => manifest["classNames"] = new JsonArray([.. names]));

    /// <summary>Changes the manifest of a stored data set.</summary>
    public static async Task ChangeManifestAsync(this BlobContainerClient container, string dataset, Action<JsonObject> change)
    {
        var blob = container.ManifestBlob(dataset);
        var manifest = (await blob.DownloadContentAsync(TestContext.Current.CancellationToken)).Value.Content.ToObjectFromJson<JsonObject>()!;
        change(manifest);
        await blob.UploadAsync(BinaryData.FromString(manifest.ToJsonString()), overwrite: true, TestContext.Current.CancellationToken);
    }

    public static async Task<List<string>> NamesOfBlobsAsync(this BlobContainerClient container, CancellationToken cancellation)
    {
        List<string> names = [];
        if (await container.ExistsAsync(cancellation))
            await foreach (var blob in container.GetBlobsAsync(cancellationToken: cancellation)) names.Add(blob.Name);
        return names;
    }
}
