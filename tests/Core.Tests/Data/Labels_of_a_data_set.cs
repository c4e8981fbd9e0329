using System.Text.Json.Nodes;
using GanFunctions.Core.Data;
using GanFunctions.Core.Pictures;
using GanFunctions.TestKit;

namespace GanFunctions.Core.Tests.Data;

public sealed class Labels_of_a_data_set(AzuriteFixture azurite)
{
    private static readonly string[] Fashion =
        ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"];

    private readonly CancellationToken _cancellation = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Are_those_of_its_training_pictures_in_order()
    {
        var container = azurite.NewContainer();

        var labelled = await container.StoreAsync("mine", Idx.Set(4) with { Labels = [255, 0, 7, 0] });
        var unlabelled = await container.StoreAsync("none", Idx.Set(4) with { Labels = null });

        Assert.Equal([0, 7, 255], labelled.Labels!);
        Assert.Equal(3, labelled.Classes);
        Assert.Equal((null, null), (unlabelled.Labels, unlabelled.Classes));
        Assert.Null((await ManifestAsync(container, "none"))["labels"]);
        Assert.Equal([.. Enumerable.Range(0, 10)], (await Catalogs.Over(container).GetAsync("digits", _cancellation))!.Labels!);
    }

    [Fact]
    public async Task Are_unknown_if_an_earlier_version_stored_it()
    {
        var container = azurite.NewContainer();
        await container.StoreAsync("mine", Idx.Set(4) with { Labels = [255, 0, 7, 0] });
        await container.ChangeManifestAsync("mine", manifest => manifest.Remove("labels"));

        var info = (await Catalogs.Over(container).GetAsync("mine", _cancellation))!;

        Assert.Equal((null, 3), (info.Labels, info.Classes));
        Assert.Equal([0, 7, 255], (await Catalogs.Over(container).LoadAsync("mine", _cancellation)).Labels.Labels);
    }

    [Fact]
    public async Task Have_the_names_of_the_data_set_even_if_the_same_pictures_are_cached_under_others()
    {
        var container = azurite.NewContainer();
        var catalog = Catalogs.Over(container);
        await container.StoreAsync("mine", Idx.Set(4) with { Labels = [0, 1, 1, 0] });
        await container.NameClassesAsync("mine", "cats", "dogs");
        var first = await catalog.LoadAsync("mine", _cancellation);

        await container.NameClassesAsync("mine", "chats", "chiens");
        var second = await catalog.LoadAsync("mine", _cancellation);

        Assert.Equal("cats (0), dogs (1)", first.Labels.ToString());
        Assert.Equal("chats (0), chiens (1)", second.Labels.ToString());
        Assert.Same(first.Train, second.Train);
        Assert.Same(second.Train, (await catalog.LoadAsync("mine", _cancellation)).Train);
    }

    [Fact]
    public async Task Of_fashion_mnist_have_their_published_names_before_it_is_downloaded() =>
        Assert.Equal(Fashion, (await Catalogs.Over(azurite.NewContainer()).GetAsync("fashion-mnist", _cancellation))!.ClassNames!);

    [Fact]
    public async Task Of_fashion_mnist_have_their_published_names_under_whatever_name_it_is_stored()
    {
        var container = azurite.NewContainer();
        var catalog = Catalogs.Over(container, Catalogs.NoSources with { FashionMnistFolder = RealFiles.FashionMnistFolder() });

        var published = await catalog.LoadAsync("fashion-mnist", _cancellation);
        var copy = await container.StoreAsync("copy", published.Train, published.Test);

        Assert.Equal("Ankle boot", published.Labels.NameOf(published.Train.Labels![0])); // as in the paper's first figure
        Assert.Equal(Fashion, (await catalog.GetAsync("fashion-mnist", _cancellation))!.ClassNames!);
        Assert.Equal(Fashion, copy.ClassNames!);
        Assert.Null((await catalog.GetAsync("mnist", _cancellation))!.ClassNames);
    }

    private async Task<JsonObject> ManifestAsync(Azure.Storage.Blobs.BlobContainerClient container, string name) =>
        (await container.ManifestBlob(name).DownloadContentAsync(_cancellation)).Value.Content.ToObjectFromJson<JsonObject>()!;
}
