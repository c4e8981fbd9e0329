using GanFunctions.Core.Runs;

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
}
