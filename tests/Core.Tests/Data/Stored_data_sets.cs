using System.Text.Json.Nodes;
using Azure.Storage.Blobs;
using GanFunctions.Core.Data;
using GanFunctions.TestKit;

namespace GanFunctions.Core.Tests.Data;

public sealed class A_stored_data_set(AzuriteFixture azurite)
{
    private const string Manifest = "datasets/mine/dataset.json";
    private readonly CancellationToken _cancellation = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Is_deleted_with_all_its_files()
    {
        var container = azurite.NewContainer();
        var catalog = Catalogs.Over(container);
        await container.StoreAsync("mine", Idx.Set(3));

        Assert.True(await catalog.DeleteAsync("mine", _cancellation));

        Assert.False(await catalog.DeleteAsync("mine", _cancellation));
        Assert.Null(await catalog.GetAsync("mine", _cancellation));
        Assert.Empty(await container.NamesOfBlobsAsync(_cancellation));
    }

    [Fact]
    public async Task Whose_deletion_was_interrupted_does_not_exist_and_its_files_go_with_the_next_deletion()
    {
        var (container, catalog) = await InterruptedAsync();

        Assert.Null(await catalog.GetAsync("mine", _cancellation));
        Assert.DoesNotContain(await catalog.ListAsync(_cancellation), info => info.Name == "mine");
        await Assert.ThrowsAsync<UnknownDatasetException>(() => catalog.LoadAsync("mine", _cancellation));

        Assert.True(await catalog.DeleteAsync("mine", _cancellation));
        Assert.Empty(await container.NamesOfBlobsAsync(_cancellation));
    }

    [Fact]
    public async Task Whose_deletion_was_interrupted_can_be_stored_again()
    {
        var (container, catalog) = await InterruptedAsync();
        var files = (await container.NamesOfBlobsAsync(_cancellation)).Count;

        await container.StoreAsync("mine", Idx.Set(5));

        Assert.Equal(5, (await catalog.LoadAsync("mine", _cancellation)).Train.Count);
        Assert.Equal(files, (await container.NamesOfBlobsAsync(_cancellation)).Count); // those of the first one are gone
    }

    [Fact]
    public async Task Is_deleted_with_the_files_of_interrupted_attempts_to_store_it()
    {
        var container = azurite.NewContainer();
        await container.StoreAsync("mine", Idx.Set(3));
        await container.UploadBlobAsync("datasets/mine/interrupted/train-images-idx3-ubyte.gz", new BinaryData([1]), _cancellation);
        await Task.Delay(TimeSpan.FromSeconds(1), _cancellation); // the storage knows the second in which a file was written

        Assert.True(await Catalogs.Over(container).DeleteAsync("mine", _cancellation));

        Assert.Empty(await container.NamesOfBlobsAsync(_cancellation));
    }

    [Fact]
    public async Task With_an_unreadable_manifest_is_deleted_with_all_its_files()
    {
        var container = azurite.NewContainer();
        await container.StoreAsync("mine", Idx.Set(3));
        await container.GetBlobClient(Manifest).UploadAsync(BinaryData.FromString("damaged"), overwrite: true, _cancellation);

        Assert.True(await Catalogs.Over(container).DeleteAsync("mine", _cancellation));

        Assert.Empty(await container.NamesOfBlobsAsync(_cancellation));
    }

    [Theory]
    [InlineData(false, "is missing")]
    [InlineData(true, "has the SHA-256")]
    public async Task Whose_files_are_missing_or_replaced_is_refused_by_name(bool replaced, string problem)
    {
        var container = azurite.NewContainer();
        var catalog = Catalogs.Over(container);
        await container.StoreAsync("mine", Idx.Set(3) with { Labels = null });
        var names = await container.NamesOfBlobsAsync(_cancellation);
        var part = container.GetBlobClient(names.Single(name => name.EndsWith(".gz", StringComparison.Ordinal)));
        if (replaced) await part.UploadAsync(BinaryData.FromBytes(Idx.Images(3, seed: 5)), overwrite: true, _cancellation);
        else await part.DeleteAsync(cancellationToken: _cancellation);

        var refusal = await Assert.ThrowsAsync<DatasetUnavailableException>(() => catalog.LoadAsync("mine", _cancellation));

        Assert.Contains(problem, refusal.Message);
        Assert.Contains(part.Name, refusal.Message);
        Assert.Contains("upload it again", refusal.Message);
    }

    [Fact]
    public async Task In_a_newer_format_is_refused_by_name_listed_and_can_be_replaced()
    {
        var container = azurite.NewContainer();
        await container.CreateAsync(cancellationToken: _cancellation);
        var catalog = Catalogs.Over(container);
        await container.GetBlobClient("datasets/mnist/dataset.json").UploadAsync(
            BinaryData.FromString("""{"format":2,"shards":[]}"""), _cancellation);

        var refusal = await Assert.ThrowsAsync<DatasetUnavailableException>(() => catalog.CheckAsync("mnist", _cancellation));

        Assert.Contains("data set 'mnist' has format 2; this version reads formats up to 1", refusal.Message);
        var listed = (await catalog.ListAsync(_cancellation)).Single(info => info.Name == "mnist");
        Assert.Contains("format 2", listed.Description);
        await container.StoreAsync("mnist", Idx.Set(3));
        Assert.Contains("not the published data set", (await catalog.GetAsync("mnist", _cancellation))!.Description);
        Assert.Equal(3, (await catalog.LoadAsync("mnist", _cancellation)).Train.Count);
    }

    [Fact]
    public async Task That_is_known_and_damaged_is_downloaded_again()
    {
        var container = azurite.NewContainer();
        var options = Catalogs.NoSources with { MnistFolder = RealFiles.MnistFolder() };
        var catalog = Catalogs.Over(container, options);
        var first = await catalog.LoadAsync("mnist", _cancellation);
        var names = await container.NamesOfBlobsAsync(_cancellation);
        var part = names.Single(name => name.EndsWith("train-labels-idx1-ubyte.gz", StringComparison.Ordinal));
        await container.GetBlobClient(part).UploadAsync(BinaryData.FromBytes(Idx.Labels(60_000)), overwrite: true, _cancellation);

        var fresh = await Catalogs.Over(container, options).LoadAsync("mnist", _cancellation);

        Assert.Equal(first.Train.Labels, fresh.Train.Labels);
        Assert.Equal(5, (await container.NamesOfBlobsAsync(_cancellation)).Count);
    }

    /// <summary>A data set whose deletion has begun.</summary>
    private async Task<(BlobContainerClient Container, DatasetCatalog Catalog)> InterruptedAsync()
    {
        var container = azurite.NewContainer();
        await container.StoreAsync("mine", Idx.Set(3));
        var blob = container.GetBlobClient(Manifest);
        var manifest = (await blob.DownloadContentAsync(_cancellation)).Value.Content.ToObjectFromJson<JsonObject>()!;
        manifest["deletedAt"] = DateTimeOffset.UnixEpoch;
        await blob.UploadAsync(BinaryData.FromString(manifest.ToJsonString()), overwrite: true, _cancellation);
        return (container, Catalogs.Over(container));
    }
}
