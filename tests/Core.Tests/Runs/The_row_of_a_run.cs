using GanFunctions.Core.Pictures;
using GanFunctions.Core.Quality;
using GanFunctions.Core.Runs;
using GanFunctions.Core.Training;

namespace GanFunctions.Core.Tests.Runs;

public sealed class The_row_of_a_run
{
    [Theory]
    [InlineData(Phase.Queued, Desired.Run, RunState.Queued)]
    [InlineData(Phase.Queued, Desired.Pause, RunState.Paused)]
    [InlineData(Phase.Queued, Desired.Cancel, RunState.Cancelled)]
    [InlineData(Phase.Preparing, Desired.Run, RunState.Preparing)]
    [InlineData(Phase.Preparing, Desired.Pause, RunState.Pausing)]
    [InlineData(Phase.Preparing, Desired.Cancel, RunState.Cancelling)]
    [InlineData(Phase.Waiting, Desired.Run, RunState.Training)]
    [InlineData(Phase.Waiting, Desired.Pause, RunState.Paused)]
    [InlineData(Phase.Waiting, Desired.Cancel, RunState.Cancelled)]
    [InlineData(Phase.Training, Desired.Run, RunState.Training)]
    [InlineData(Phase.Training, Desired.Pause, RunState.Pausing)]
    [InlineData(Phase.Training, Desired.Cancel, RunState.Cancelling)]
    [InlineData(Phase.Paused, Desired.Run, RunState.Paused)]
    [InlineData(Phase.Cancelled, Desired.Run, RunState.Cancelled)]
    [InlineData(Phase.Completed, Desired.Pause, RunState.Completed)]
    [InlineData(Phase.Failed, Desired.Cancel, RunState.Failed)]
    [InlineData(Phase.Deleting, Desired.Run, RunState.Cancelling)]
    public void Tells_the_state_from_what_the_user_wants_and_what_the_training_does(Phase phase, Desired desired, RunState state)
    {
        Assert.Equal(state, new RunRow { Phase = phase, Desired = desired }.State());
    }

    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(1, 0, 0)]
    [InlineData(5, 9, 4)]
    [InlineData(5, 10, 5)]
    public void Counts_the_epochs_that_are_complete(int epoch, int step, int completed)
    {
        Assert.Equal(completed, new RunRow { Epoch = epoch, Step = step, StepsPerEpoch = 10 }.CompletedEpochs);
    }

    [Theory]
    [InlineData(Phase.Training, "one", true)]
    [InlineData(Phase.Training, "two", false)]
    [InlineData(Phase.Paused, "one", false)]
    [InlineData(Phase.Cancelled, "one", false)]
    [InlineData(Phase.Completed, "one", false)]
    [InlineData(Phase.Failed, "one", false)]
    [InlineData(Phase.Deleting, "one", false)]
    public void Is_failed_only_by_its_own_orchestration_and_not_at_rest(Phase phase, string instance, bool isOpen)
    {
        var row = new RunRow { InstanceId = "one", Phase = phase };

        Assert.Equal(isOpen, row.TryFail(instance, "broken"));

        Assert.Equal(isOpen ? (Phase.Failed, "broken") : (phase, null), (row.Phase, row.Error));
    }

    [Theory]
    [InlineData(null, 0)]
    [InlineData("000-00001-000007", 7)]
    [InlineData("002-00003-000007", 27)]
    public void Counts_the_steps_up_to_the_last_checkpoint(string? checkpoint, long steps)
    {
        Assert.Equal(steps, new RunRow { Checkpoint = checkpoint, StepsPerEpoch = 10 }.CommittedSteps);
    }

    [Theory]
    [InlineData(null, 1, false)]
    [InlineData(4, 1, false)]
    [InlineData(5, 1, true)]
    [InlineData(2, 3, false)]
    [InlineData(3, 3, true)]
    public void Has_the_quality_that_the_run_ended_with(int? measured, int every, bool isFinal)
    {
        var row = new RunRow { Epoch = 6, Step = 3, StepsPerEpoch = 10, OptionsJson = OptionsReader.Write(new() { QualityEvery = every }) };
        var quality = new PictureQuality(2000, 4, 0.5, 1, 0, 1, "r", null);
        if (measured is { } epoch) row.SetQuality(epoch, quality);

        Assert.Equal(isFinal ? quality : null, row.FinalQuality);
    }

    [Fact]
    public void Has_the_names_of_classes_unless_they_are_too_long_for_it()
    {
        var row = new RunRow();
        Assert.Null(row.Classes);
        row.SetClasses(new ClassLabels([1, 2], ["cats", "dogs"]));
        Assert.Equal(["cats", "dogs"], row.Classes!.Select(each => each.Name));
        row.SetClasses(new ClassLabels([1, 2], [new string('a', 32 * 1024), "dogs"]));
        Assert.Null(row.Classes);
    }
}
