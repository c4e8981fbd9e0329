using Azure.Storage.Blobs;
using GanFunctions.Core.Data;
using GanFunctions.Core.Memory;
using GanFunctions.Core.Model;
using GanFunctions.Core.Pictures;
using GanFunctions.Core.Quality;
using GanFunctions.Core.Tests.Data;
using GanFunctions.TestKit;
using Microsoft.Extensions.Logging;
using TorchSharp;
using static TorchSharp.torch;

namespace GanFunctions.Core.Tests.Quality;

public sealed class A_quality_reference(AzuriteFixture azurite, ITestOutputHelper output)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>95% when built from 6,000 pictures of MNIST; 99% when built from all 60,000 in a soak test.</summary>
    [Fact]
    public async Task Of_MNIST_recognises_nearly_all_digits_that_it_has_not_seen()
    {
        var container = await ContainerAsync();
        var mnist = await MnistAsync(Soak.Count(3_000, 60_000));
        using var store = StoreOver(container);

        var reference = await store.GetAsync(mnist, Cancellation);

        output.WriteLine($"{reference!.Sha256}: {reference.Accuracy:P2}");
        Assert.InRange(reference.Accuracy!.Value, Soak.IsOn ? 0.99 : 0.95, 1);
        Assert.Same(reference, await store.GetAsync(mnist, Cancellation));
        using var log = new LogRecorder();
        using var another = StoreOver(container, log); // another worker
        using var loaded = await another.GetAsync(mnist, Cancellation);
        Assert.Equal(reference.Sha256, loaded!.Sha256);
        Assert.DoesNotContain(log.Lines, IsBuilding);

        using var noise = Noise(28);
        var quality = reference.Measure(noise, 300)!;
        output.WriteLine($"{quality}");
        Assert.Equal(quality, loaded.Measure(noise, 300));
        Assert.True(quality.FrechetDistance > 20 * quality.Baseline, $"the distance of noise is {quality.FrechetDistance}, the baseline {quality.Baseline}");
        Assert.InRange(quality.Classes!.Shares.Sum(share => share.Generated), 0.999, 1.001);
    }

    [Fact]
    public async Task That_two_workers_build_at_once_is_stored_once()
    {
        var container = await ContainerAsync();
        var data = Bars.Few();
        QualityReferenceStore[] stores = [StoreOver(container), StoreOver(container)];

        var references = await Task.WhenAll(stores.Select(store => store.GetAsync(data, Cancellation)));

        Assert.Single(references.Select(reference => reference!.Sha256).Distinct());
        Assert.Equal(2, (await container.NamesOfBlobsAsync(Cancellation)).Count);
    }

    [Fact]
    public async Task With_one_byte_changed_is_rebuilt_with_the_same_bytes()
    {
        var container = await ContainerAsync();
        var data = Bars.Few();
        using (var store = StoreOver(container)) await store.GetAsync(data, Cancellation);
        var blob = container.GetBlobClient(
            (await container.NamesOfBlobsAsync(Cancellation)).Single(name => name.EndsWith(".safetensors", StringComparison.Ordinal)));
        var whole = (await blob.DownloadContentAsync(Cancellation)).Value.Content.ToArray();
        byte[] damaged = [.. whole[..^1], (byte)(whole[^1] ^ 1)];
        await blob.UploadAsync(new BinaryData(damaged), overwrite: true, Cancellation);

        using (var store = StoreOver(container)) Assert.NotNull(await store.GetAsync(data, Cancellation));

        Assert.Equal(whole, (await blob.DownloadContentAsync(Cancellation)).Value.Content.ToArray());
    }

    [Fact]
    public async Task Of_pictures_without_labels_measures_without_classes()
    {
        using var store = StoreOver(await ContainerAsync());
        var data = Bars.Of(600, labelled: false, Bars.SmallSide);

        var reference = await store.GetAsync(data, Cancellation);

        using var same = new Painter(_ => full([128, 1, Bars.SmallSide, Bars.SmallSide], -1f));
        var quality = reference!.Measure(same, 200)!;
        Assert.Null(reference.Accuracy);
        Assert.Null(quality.Classes);
        Assert.Equal(0, quality.Variety!.Value, 3);
        Assert.True(
            quality.FrechetDistance > 10 * quality.Baseline, $"the distance of black pictures is {quality.FrechetDistance}, the baseline {quality.Baseline}");
    }

    [Fact]
    public void Of_colour_pictures_tells_shapes_apart_that_their_pixels_do_not()
    {
        var shapes = Shapes.Of(300);
        using var labelled = new QualityReference(QualityReferenceBuilder.Build(Dataset.Of("shapes", shapes, null), Cancellation)!);
        using var unlabelled = new QualityReference(QualityReferenceBuilder.Build(Dataset.Of("shapes", shapes with { Labels = null }, null), Cancellation)!);

        var errors = Errors(unlabelled.FeaturesOf(PictureSelection.All(shapes)));
        var ofPixels = Errors(tensor(shapes.Pixels, [shapes.Count, shapes.Shape.Size]).to(ScalarType.Float32));

        output.WriteLine($"nearest to another shape {errors:P1}, by pixels {ofPixels:P1}; accuracy {labelled.Accuracy:P1}");
        Assert.True(errors < 0.5 * ofPixels, $"{errors:P1} are nearest to the other shape, by their pixels {ofPixels:P1}");
        Assert.InRange(labelled.Accuracy!.Value, 0.9, 1);

        double Errors(Tensor rows)
        {
            var distances = cdist(rows, rows).Plus(eye(rows.shape[0]).Times(1e9));
            var labels = tensor(shapes.Labels!);
            return labels.index_select(0, distances.argmin(1)).ne(labels).to(ScalarType.Float64).mean().item<double>();
        }
    }

    [Fact]
    public void Uses_a_classifier_of_its_own_only_for_small_grey_pictures_with_labels()
    {
        Dataset[] sets = [Bars.Of(300), Bars.Of(300, labelled: false), Dataset.Of("shapes", Shapes.Of(300), null), Bars.Of(300, side: 64)];

        Assert.Equal(
            [FeatureKind.Learned, FeatureKind.Pretrained, FeatureKind.Pretrained, FeatureKind.Pretrained], sets.Select(QualityReferenceBuilder.KindFor));
    }

    [Fact]
    public async Task Is_given_back_by_its_last_holder()
    {
        var container = await ContainerAsync();
        using var store = StoreOver(container);
        using var noise = Noise(Bars.SmallSide);
        var (bars, more) = (Bars.Of(250, side: Bars.SmallSide), Bars.Few());
        var mine = await store.GetAsync(bars, Cancellation);
        var another = await store.GetAsync(bars, Cancellation);

        (await store.GetAsync(more, Cancellation))!.Dispose(); // the store lets go of the first one
        another!.Dispose();

        Assert.NotNull(mine!.Measure(noise, 100));
        mine.Dispose();
        Assert.Throws<InvalidOperationException>(() => mine.Measure(noise, 100));
    }

    [Theory]
    [InlineData(128, 4)] // reduced to 64x64
    [InlineData(64, 4)]
    public void Of_large_pictures_with_transparency_fits_their_shape(int side, int channels)
    {
        const int count = 250;
        var pixels = new byte[count * side * side * channels];
        new Random(1).NextBytes(pixels);
        var data = Dataset.Of("large", new ImageSet(pixels, null, count, side, side, channels), null);
        using var reference = new QualityReference(QualityReferenceBuilder.Build(data, Cancellation)!);

        // 100 is no multiple of the batch size, 32.
        using var same = new Painter(_ => tensor(pixels, [count, channels, side, side])[..32].to(ScalarType.Float32).Over(127.5).Minus(1));
        var quality = reference.Measure(same, 100)!;

        Assert.Equal(100, quality.Samples);
        Assert.InRange(quality.Variety!.Value, 0.9, 1.1);
    }

    [Fact]
    public void Of_large_pictures_that_an_earlier_version_made_still_measures()
    {
        using var network = new LeNet(new(128, 3), classes: 0);
        var tensors = network.state_dict().ToDictionary(weight => QualityReference.NetworkPrefix + weight.Key, weight => weight.Value);
        (tensors[QualityReference.HeldOutKey], tensors[QualityReference.TrainingKey]) = (rand(60, FeatureNetwork.FeatureSize), rand(60, FeatureNetwork.FeatureSize));
        var file = SafeTensors.Write(tensors, new Dictionary<string, string> { [QualityReference.LabelsKey] = "", [QualityReference.SideKey] = "128" });

        using var reference = new QualityReference(file);

        using var white = new Painter(_ => ones(32, 3, 128, 128));
        Assert.Equal(100, reference.Measure(white, 100)!.Samples);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public async Task Of_nearly_identical_pictures_has_no_variety_to_compare_with(int greyLevelsOfNoise)
    {
        using var store = StoreOver(await ContainerAsync());
        var one = Bars.Of(1, side: Bars.SmallSide).Train;
        var random = new Random(1);
        byte[] pixels = [.. Enumerable.Repeat(one.Pixels, 60).SelectMany(pixels => pixels).Select(pixel => (byte)Math.Min(pixel + random.Next(greyLevelsOfNoise + 1), 255))];
        var same = new ImageSet(pixels, null, 60, Bars.SmallSide, Bars.SmallSide);
        var data = Dataset.Of("same", same, same);

        var reference = await store.GetAsync(data, Cancellation);

        using var noise = Noise(Bars.SmallSide);
        var quality = reference!.Measure(noise, 200)!;
        Assert.Null(quality.Variety);
        Assert.True(double.IsFinite(quality.FrechetDistance) && double.IsFinite(quality.KernelDistance), $"{quality}");
        Assert.Contains("nearly identical", Assert.Single(ModeCollapse.WarningsOf(1, quality)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(8, "the held-out pictures are too few to tell whether 1 of 4 classes are missing (3)", null)] // none of the eight is held out
    [InlineData(16, "1 of 4 classes are missing or rare (3: 0.0% instead of ", "100 quality samples are too few to tell whether ")]
    public async Task Of_a_rare_class_warns_of_a_generator_without_it(int rare, string warning, string? restrictionForFewSamples)
    {
        using var store = StoreOver(await ContainerAsync());
        var all = Bars.Of(1200, side: Bars.SmallSide).Train; // the four heights alternate
        var heights = Enumerable.Range(0, all.Count).ToLookup(index => index % 4 == 3);
        int[] chosen = [.. heights[false].Take(300 - rare), .. heights[true].Take(rare)];
        var few = new ImageSet([.. chosen.SelectMany(index => all.Picture(index).ToArray())], [.. chosen.Select(index => all.Labels![index])], 300, all.Width, all.Height);

        var reference = await store.GetAsync(Dataset.Of("rare", few, null), Cancellation);

        using var common = new Painter(_ => tensor(few.Pixels[..(128 * all.Shape.Size)], [128, 1, all.Height, all.Width]).to(ScalarType.Float32).Over(127.5).Minus(1));
        Assert.Contains(warning, WarningAt(200), StringComparison.Ordinal);
        if (restrictionForFewSamples is not null) Assert.Contains(restrictionForFewSamples + warning, WarningAt(100), StringComparison.Ordinal);

        string WarningAt(int samples) => Assert.Single(ModeCollapse.WarningsOf(3, reference!.Measure(common, samples)!));
    }

    [Fact]
    public async Task Cannot_be_built_from_fewer_than_250_pictures()
    {
        using var store = StoreOver(await ContainerAsync());

        Assert.Null(await store.GetAsync(Bars.Of(249), Cancellation));
        Assert.NotNull(QualityReferenceBuilder.Build(Bars.Of(250, labelled: false), Cancellation));
    }

    [Fact]
    public async Task Can_be_cancelled_while_it_is_built()
    {
        var container = await ContainerAsync();
        using var log = new LogRecorder();
        using var store = StoreOver(container, log);
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var building = store.GetAsync(Bars.Of(5_000), enough.Token);
        await Wait.UntilAsync(() => log.Lines.Any(IsBuilding), "the build to start");
        await enough.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => building);
        Assert.Empty(await container.NamesOfBlobsAsync(Cancellation)); // the build did not continue
    }

    /// <summary>A generator that has learned nothing.</summary>
    private static Painter Noise(int side) => new(seed => rand([128, 1, side, side], generator: seed).Times(2).Minus(1));

    private async Task<BlobContainerClient> ContainerAsync()
    {
        var container = azurite.NewContainer();
        await container.CreateAsync(cancellationToken: Cancellation);
        return container;
    }

    private static async Task<Dataset> MnistAsync(int count) =>
        Dataset.Of("mnist", await RealFiles.MnistAsync("train", count), await RealFiles.MnistAsync("t10k", count / 6));

    private static bool IsBuilding(string line) => line.Contains("building its quality reference", StringComparison.Ordinal);

    private static QualityReferenceStore StoreOver(BlobContainerClient container, LogRecorder? log = null) =>
        new(container, TimeProvider.System, LoggerFactory.Create(logging => logging.AddProvider(log ?? new LogRecorder())).CreateLogger<QualityReferenceStore>());

    /// <summary>A generator that generates given pictures from its own random numbers and ignores the noise.</summary>
    private sealed class Painter(Func<torch.Generator, Tensor> paint) : nn.Module<Tensor, Tensor?, Tensor>(nameof(Painter))
    {
        public override Tensor forward(Tensor input1, Tensor? input2)
        {
            using var seed = new torch.Generator(7);
            return paint(seed);
        }
    }
}
