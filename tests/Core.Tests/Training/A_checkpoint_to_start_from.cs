using GanFunctions.Core.Training;

namespace GanFunctions.Core.Tests.Training;

public sealed class A_checkpoint_to_start_from
{
    private static readonly InitFrom Resolved = new("source", 3, "generator", "training");

    [Theory]
    [InlineData("source", null, null, null, true)]
    [InlineData("source", 3, "generator", "training", true)]
    [InlineData("another", null, null, null, false)]
    [InlineData("source", 4, null, null, false)]
    [InlineData("source", null, "another", null, false)]
    [InlineData("source", null, null, "another", false)]
    [InlineData("another", 4, "another", "another", false)]
    public void Is_what_a_request_has_named(string run, int? epoch, string? generator, string? training, bool isResolution)
    {
        Assert.Equal(isResolution, Resolved.IsResolutionOf(new(run, epoch, generator, training)));
    }
}
