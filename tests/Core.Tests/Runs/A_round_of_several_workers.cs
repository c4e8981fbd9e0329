using GanFunctions.Core.Runs;
using GanFunctions.Core.Tests.Checkpoints;
using GanFunctions.Core.Training;

namespace GanFunctions.Core.Tests.Runs;

public sealed class A_round_of_several_workers
{
    [Theory]
    [InlineData(1, 0, 25)] // the first rounds are short
    [InlineData(1, 480, 500)] // the end of the epoch
    [InlineData(2, 0, 125)] // a quarter of the steps before
    [InlineData(2, 100, 250)]
    [InlineData(9, 100, 300)] // at most roundSteps
    public void Is_longer_the_longer_they_have_trained_together(int epoch, int step, int end)
    {
        Assert.Equal(end, Round.EndOf(Commits.Position(epoch, step, stepsPerEpoch: 500), new TrainingOptions { RoundSteps = 200 }));
    }
}
