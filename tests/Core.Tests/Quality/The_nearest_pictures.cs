using GanFunctions.Core.Data;
using GanFunctions.Core.Pictures;
using GanFunctions.Core.Quality;
using GanFunctions.Core.Tests.Data;
using GanFunctions.TestKit;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace GanFunctions.Core.Tests.Quality;

public sealed class The_nearest_pictures(AzuriteFixture azurite)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(400, Bars.SmallSide, 4)]
    [InlineData(4200, Bars.SmallSide, 1)] // more than are compared at a time
    public async Task Of_a_training_picture_are_itself_and_its_near_duplicate(int count, int side, int channels)
    {
        var container = azurite.NewContainer();
        await container.CreateAsync(cancellationToken: Cancellation);
        using var references = new QualityReferenceStore(container, TimeProvider.System, NullLogger<QualityReferenceStore>.Instance);
        using var search = new NeighbourSearch(references, TimeProvider.System);
        var data = Twins(count, new(side, channels));

        var space = (await search.PrepareAsync(data, Timeout.InfiniteTimeSpan, Cancellation))!;
        var found = space.Nearest(data.Train, data.Train.Picture(count - 4).ToArray(), 5);

        Assert.Equal([(count - 4, LabelOf(count - 4)), (count - 3, LabelOf(count - 3))], found.Take(2).Select(neighbour => (neighbour.Index, (int)neighbour.Label!)));
        Assert.InRange(found[0].Distance, 0, found[1].Distance / 1000); // rounding
        Assert.InRange(found[1].Distance, 1e-3, found[2].Distance);
        Assert.Equal(found.OrderBy(neighbour => neighbour.Distance), found);
        Assert.True(space.TypicalDistance > 0);
        Assert.Same(space, await search.PrepareAsync(data, TimeSpan.Zero, Cancellation));
    }

    [Fact]
    public async Task Are_not_computed_any_more_when_the_app_has_ended()
    {
        var container = azurite.NewContainer();
        await container.CreateAsync(cancellationToken: Cancellation);
        using var log = new LogRecorder();
        using var logging = LoggerFactory.Create(builder => builder.AddProvider(log));
        using var references = new QualityReferenceStore(container, TimeProvider.System, logging.CreateLogger<QualityReferenceStore>());
        Task<FeatureSpace?> computing;
        using (var search = new NeighbourSearch(references, TimeProvider.System))
        {
            computing = search.PrepareAsync(Bars.Of(5_000), Timeout.InfiniteTimeSpan, Cancellation);
            await Wait.UntilAsync(() => log.Lines.Any(line => line.Contains("building its quality reference", StringComparison.Ordinal)), "the computation to start");
        }

        Assert.Empty(await container.NamesOfBlobsAsync(Cancellation));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => computing);
    }

    // Noise in pairs; the second picture of a pair is slightly brighter in its upper half. With a single label the features are those of clusters, as without labels.
    private static int LabelOf(int picture) => picture / 2 % 3;

    private static Dataset Twins(int count, PictureShape shape)
    {
        var random = new Random(5);
        var pixels = new byte[count * shape.Size];
        for (var picture = 0; picture < count; picture += 2)
        {
            var first = pixels.AsSpan(picture * shape.Size, shape.Size);
            var second = pixels.AsSpan((picture + 1) * shape.Size, shape.Size);
            random.NextBytes(first);
            for (var pixel = 0; pixel < shape.Size; pixel++) second[pixel] = (byte)Math.Min(first[pixel] + (pixel < shape.Size / 2 ? 3 : 0), 255);
        }
        var labels = Enumerable.Range(0, count).Select(picture => (byte)LabelOf(picture)).ToArray();
        return Dataset.Of("twins", new ImageSet(pixels, labels, count, shape.Side, shape.Side, shape.Channels), null);
    }
}
