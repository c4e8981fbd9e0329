using GanFunctions.Core.Quality;


namespace GanFunctions.Core.Tests.Quality;

public sealed class The_best_epoch
{
    private static readonly BestEpoch Third = new(3, 50, null, "one");

    [Theory]
    [InlineData(49.9, "one", 4)]
    [InlineData(50, "one", 3)]   // a tie is not better
    [InlineData(80, "two", 4)]   // distances to two references are not comparable
    public void Is_the_one_with_the_lowest_distance_to_the_same_reference(double distance, string reference, int expected)
    {
        Assert.Equal(expected, BestEpoch.Of(Third, 4, new PictureQuality(2000, distance, 0, 1, 0, 1, reference, null))!.Epoch);
    }

    [Fact]
    public void Stays_the_same_if_an_epoch_was_not_measured()
    {
        Assert.Equal(Third, BestEpoch.Of(Third, 4, null));
        Assert.Null(BestEpoch.Of(null, 4, null));
    }
}
