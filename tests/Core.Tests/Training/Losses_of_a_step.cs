using GanFunctions.Core.Training;

namespace GanFunctions.Core.Tests.Training;

public sealed class Losses_of_a_step
{
    [Fact]
    public void Are_added_and_divided_one_by_one()
    {
        Assert.Equal(new StepLosses(11, 22, 33, 44), new StepLosses(1, 2, 3, 4) + new StepLosses(10, 20, 30, 40));
        Assert.Equal(new StepLosses(1, 2, 3, 4), new StepLosses(10, 20, 30, 40) / 10);
    }

    [Theory]
    [InlineData(1, 1, 1, 1, true)]
    [InlineData(double.NaN, 1, 1, 1, false)]
    [InlineData(1, double.PositiveInfinity, 1, 1, false)]
    [InlineData(1, 1, double.NaN, 1, false)]
    [InlineData(1, 1, 1, double.NegativeInfinity, false)]
    public void Are_finite_if_all_of_them_are(double discriminator, double generator, double real, double fake, bool areFinite)
    {
        Assert.Equal(areFinite, new StepLosses(discriminator, generator, real, fake).AreFinite);
    }
}
