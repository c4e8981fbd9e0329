using Azure.Storage.Blobs;
using GanFunctions.Core.Checkpoints;
using GanFunctions.Core.Pictures;
using GanFunctions.TestKit;
using NetVips;

namespace GanFunctions.Core.Tests.Checkpoints;

public sealed class A_sample_grid(AzuriteFixture azurite)
{
    private const int Pictures = GridStore.Side * GridStore.Side;
    private static readonly PictureShape Shape = new(32, 3);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Is_listed_by_epoch_and_replaced_by_that_of_a_later_attempt()
    {
        var container = azurite.Blobs().GetBlobContainerClient("gan-" + Guid.NewGuid().ToString("N"));
        await container.CreateAsync(cancellationToken: Cancellation);
        var grids = new GridStore(container);
        foreach (var epoch in new[] { 10, 2, 1 }) await grids.SaveAsync("run", epoch, [(byte)epoch], Cancellation);
        await grids.SaveAsync("another", 3, [3], Cancellation);
        var before = await grids.ListAsync("run", Cancellation).ToListAsync(Cancellation);

        await grids.SaveAsync("run", 2, [22], Cancellation);

        var after = await grids.ListAsync("run", Cancellation).ToListAsync(Cancellation);
        Assert.Equal([1, 2, 10], after.Select(grid => grid.Epoch));
        Assert.Equal([true, false, true], before.Zip(after, (one, other) => one == other));
        Assert.Equal([22], (await grids.FindAsync("run", 2, Cancellation))!);
        Assert.Null(await grids.FindAsync("run", 3, Cancellation));
    }

    [Theory]
    [InlineData(5, 6, "1 2 3 4 5")]
    [InlineData(5, 5, "1 2 3 4 5")]
    [InlineData(5, 4, "1 2 4 5")]
    [InlineData(9, 3, "1 5 9")]
    [InlineData(100, 2, "1 100")]
    public void Of_many_epochs_is_chosen_evenly_with_the_first_and_the_last(int count, int max, string epochs)
    {
        GridStore.Stored[] all = [.. Enumerable.Range(1, count).Select(epoch => new GridStore.Stored(epoch, default))];

        Assert.Equal(epochs, string.Join(' ', GridStore.Evenly(all, max).Select(grid => grid.Epoch)));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 1)]
    [InlineData(3, 2)]
    [InlineData(8, 1)]
    public void Can_be_cropped_to_its_upper_left_corner_and_scaled(int side, int scale)
    {
        var corner = GridStore.Corner(Grid(GridStore.Side, GridStore.Scale), side, scale);

        using var expected = Image.PngloadBuffer(Grid(side, scale));
        using var found = Image.PngloadBuffer(corner);
        Assert.Equal(expected.WriteToMemory<byte>(), found.WriteToMemory<byte>());
    }

    [Fact]
    public void Is_served_as_it_is_stored_in_full_size()
    {
        var grid = Grid(GridStore.Side, GridStore.Scale);

        Assert.Same(grid, GridStore.Corner(grid, GridStore.Side, GridStore.Scale));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(GridStore.Scale)]
    public void Is_opened_in_a_scale(int scale)
    {
        using var expected = Image.PngloadBuffer(Grid(GridStore.Side, scale));
        using var opened = GridStore.Open(Grid(GridStore.Side, GridStore.Scale), scale);

        Assert.Equal(expected.WriteToMemory<byte>(), opened.WriteToMemory<byte>());
    }

    [Fact]
    public void Tells_the_shape_of_its_pictures()
    {
        var grid = Grid(GridStore.Side, GridStore.Scale);

        Assert.Equal(Shape, GridStore.ShapeOf(grid));
        Assert.True(GridStore.IsGrid(grid));
    }

    [Fact]
    public void Is_nothing_else()
    {
        using var wide = Image.Black(66, 64);
        using var strange = Image.Black(99, 99);

        Assert.False(GridStore.IsGrid([1, 2, 3]));
        Assert.False(GridStore.IsGrid(Grid(GridStore.Side, GridStore.Scale, rows: 7)));
        Assert.False(GridStore.IsGrid(wide.PngsaveBuffer()));
        Assert.False(GridStore.IsGrid(strange.PngsaveBuffer()));
    }

    /// <summary>The upper left corner of a grid, in which each picture has a gradient of its own.</summary>
    private static byte[] Grid(int side, int scale, int? rows = null)
    {
        var places = Enumerable.Range(0, Pictures).Where(place => place % GridStore.Side < side && place / GridStore.Side < (rows ?? side));
        byte[] pixels = [.. places.SelectMany(place => Enumerable.Range(0, Shape.Size).Select(i => (byte)(i * 3 + place)))];
        return PictureGrid.Png(pixels, Shape, side, scale);
    }
}
