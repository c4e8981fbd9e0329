using GanFunctions.Core.Data;
using GanFunctions.TestKit;

namespace GanFunctions.Core.Tests.Data;

public sealed class A_known_data_set_whose_mirrors_fail_one_after_the_other(AzuriteFixture azurite)
{
    [Fact]
    public async Task Comes_from_the_mirror_that_has_it_and_is_stored_for_later()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var missing = await MirrorServer.WithoutFilesAsync();
        await using var hanging = await MirrorServer.ThatHangsAsync();
        await using var stalling = await MirrorServer.ThatStallsHalfwayAsync();
        await using var wrong = await MirrorServer.WithAnotherContentAsync(Idx.Gzip(Idx.Labels(10_000)));
        await using var good = await MirrorServer.OfAsync(RealFiles.MnistFolder());
        var container = azurite.NewContainer();
        var options = Catalogs.NoSources with
        {
            MnistMirrors = [missing.Folder, hanging.Folder, stalling.Folder, wrong.Folder, new("http://127.0.0.1:1/"), good.Folder],
        };

        var loaded = await Catalogs.Over(container, options).LoadAsync("mnist", cancellation);
        var again = await Catalogs.Over(container).LoadAsync("mnist", cancellation);

        Assert.Equal((60_000, 28, 28, 1), (loaded.Train.Count, loaded.Train.Height, loaded.Train.Width, loaded.Train.Channels));
        Assert.Equal(10_000, loaded.Test!.Count);
        Assert.Equal([5, 0, 4, 1, 9], loaded.Train.Labels![..5]);
        await Catalogs.Over(container, options).CheckAsync("mnist", cancellation);
        Assert.Equal(4, good.Requests);
        Assert.All([missing, hanging, stalling, wrong], failing => Assert.Equal(1, failing.Requests));
        Assert.Equal(loaded.Sha256, again.Sha256);
        Assert.Equal(loaded.Train.Pixels, again.Train.Pixels);
        var info = await Catalogs.Over(container).GetAsync("mnist", cancellation);
        Assert.Equal(("known", true, 60_000, 10_000, 10, loaded.Sha256),
            (info!.Source, info.Stored, info.Train, info.Test, info.Classes, info.Sha256));
    }
}

public sealed class A_known_data_set_that_one_of_its_mirrors_has(AzuriteFixture azurite)
{
    [Fact]
    public async Task Passes_a_check_that_downloads_and_stores_nothing()
    {
        await using var hanging = await MirrorServer.ThatHangsAsync();
        await using var good = await MirrorServer.OfAsync(RealFiles.MnistFolder());
        var container = azurite.NewContainer();
        var catalog = Catalogs.Over(container, Catalogs.NoSources with { MnistMirrors = [hanging.Folder, good.Folder] });

        await catalog.CheckAsync("mnist", TestContext.Current.CancellationToken);

        Assert.Equal(1, good.Requests);
        Assert.Empty(await container.NamesOfBlobsAsync(TestContext.Current.CancellationToken));
    }
}

public sealed class A_known_data_set_that_no_source_has(AzuriteFixture azurite)
{
    [Fact]
    public async Task Is_refused_with_the_sources_tried_and_advice()
    {
        await using var missing = await MirrorServer.WithoutFilesAsync();
        await using var hanging = await MirrorServer.ThatHangsAsync();
        await using var portal = await MirrorServer.WithAnotherContentAsync("<html>Please sign in</html>"u8.ToArray());
        var options = Catalogs.NoSources with
        {
            FashionMnistFolder = Path.Combine(AppContext.BaseDirectory, "no-such-folder"),
            FashionMnistMirrors = [missing.Folder, hanging.Folder, portal.Folder, new("http://no-such-host.invalid/")],
        };

        var refusal = await Assert.ThrowsAsync<DatasetUnavailableException>(() =>
            Catalogs.Over(azurite.NewContainer(), options).CheckAsync("fashion-mnist", TestContext.Current.CancellationToken));

        Assert.Equal(5, refusal.Tried.Count);
        Assert.Contains("no-such-folder: it does not contain the files", refusal.Message);
        Assert.Contains($"{missing.Folder}train-images-idx3-ubyte.gz: the response is 404 Not Found", refusal.Message);
        Assert.Contains($"{hanging.Folder}train-images-idx3-ubyte.gz: no response in time", refusal.Message);
        Assert.Contains($"{portal.Folder}train-images-idx3-ubyte.gz: the response is not a gzip file", refusal.Message);
        Assert.Contains("http://no-such-host.invalid/train-images-idx3-ubyte.gz: ", refusal.Message);
        Assert.Contains("install Debian's package dataset-fashion-mnist", refusal.Message);
        Assert.Contains("upload a zip archive of its four IDX files", refusal.Message);
        Assert.Contains("or use 'digits'", refusal.Message);
    }

    [Fact]
    public async Task Is_refused_by_a_load_too_and_leaves_nothing_behind()
    {
        await using var wrong = await MirrorServer.WithAnotherContentAsync(Idx.Gzip(Idx.Labels(10_000)));
        var container = azurite.NewContainer();
        var catalog = Catalogs.Over(container, Catalogs.NoSources with { MnistMirrors = [wrong.Folder] });

        var refusal = await Assert.ThrowsAsync<DatasetUnavailableException>(() =>
            catalog.LoadAsync("mnist", TestContext.Current.CancellationToken));

        Assert.Contains("its content has the SHA-256", refusal.Message);
        Assert.Empty(await container.NamesOfBlobsAsync(TestContext.Current.CancellationToken));
    }
}

public sealed class Fashion_mnist_on_a_machine_with_debians_package(AzuriteFixture azurite)
{
    [Fact]
    public async Task Is_read_from_there_and_stored()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var options = Catalogs.NoSources with { FashionMnistFolder = RealFiles.FashionMnistFolder() };
        var container = azurite.NewContainer();
        var catalog = Catalogs.Over(container, options);

        await catalog.CheckAsync("fashion-mnist", cancellation);
        var (first, second) = (catalog.LoadAsync("fashion-mnist", cancellation), catalog.LoadAsync("fashion-mnist", cancellation));

        Assert.Equal(60_000, (await first).Train.Count);
        Assert.Equal([9, 0, 0, 3, 0], (await first).Train.Labels![..5]);
        Assert.Same(await first, await second);
        Assert.Equal(5, (await container.NamesOfBlobsAsync(cancellation)).Count);
        await Catalogs.Over(container).CheckAsync("fashion-mnist", cancellation);
    }
}

public sealed class A_name_that_nobody_knows(AzuriteFixture azurite)
{
    [Theory]
    [InlineData("minst")]
    [InlineData("../runs")]
    [InlineData("")]
    public async Task Is_an_error_that_lists_the_available_names(string name)
    {
        var container = azurite.NewContainer();
        var catalog = Catalogs.Over(container);
        await container.StoreAsync("mine", Idx.Set(3));

        var unknown = await Assert.ThrowsAsync<UnknownDatasetException>(() =>
            catalog.CheckAsync(name, TestContext.Current.CancellationToken));

        Assert.Equal(["digits", "mnist", "fashion-mnist", "mine"], unknown.Valid);
        Assert.Contains($"'{name}'. The available data sets are: digits, mnist, fashion-mnist, mine", unknown.Message);
        await Assert.ThrowsAsync<UnknownDatasetException>(() => catalog.LoadAsync(name, TestContext.Current.CancellationToken));
        Assert.Null(await catalog.GetAsync(name, TestContext.Current.CancellationToken));
    }
}
