using GanFunctions.Core.Data;
using GanFunctions.TestKit;

namespace GanFunctions.Core.Tests.Data;

public sealed class Data_sets_in_memory(AzuriteFixture azurite)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Are_limited_together_until_one_is_no_longer_in_use()
    {
        var uploader = new Uploader(azurite, Catalogs.NoSources with { MaxDatasetBytes = 40 * 784 });
        await uploader.UploadAsync("large", Idx.Upload(Idx.Images(30)));
        await uploader.UploadAsync("other", Idx.Upload(Idx.Images(20)));
        using var catalog = uploader.Catalog;

        var large = await catalog.LoadAsync("large", Cancellation);
        var refused = await Assert.ThrowsAsync<DatasetMemoryException>(() => catalog.LoadAsync("other", Cancellation));
        Assert.Equal(27, large.Train.Count);
        large = null;

        Assert.Equal("There is no memory for the data set other while a run trains on another large one.", refused.Message);
        Assert.Equal(18, (await catalog.LoadAsync("other", Cancellation)).Train.Count);
    }
}
