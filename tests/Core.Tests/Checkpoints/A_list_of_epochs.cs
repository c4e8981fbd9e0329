using GanFunctions.Core.Checkpoints;

namespace GanFunctions.Core.Tests.Checkpoints;

public sealed class A_list_of_epochs
{
    [Theory]
    [InlineData(new int[0], "none yet")]
    [InlineData(new[] { 8 }, "8")]
    [InlineData(new[] { 1, 2, 3, 4, 5, 8 }, "1-5, 8")]
    [InlineData(new[] { 1, 3, 4, 9, 10, 11 }, "1, 3-4, 9-11")]
    public void Names_ranges(int[] epochs, string text) => Assert.Equal(text, EpochRanges.Of(epochs));
}
