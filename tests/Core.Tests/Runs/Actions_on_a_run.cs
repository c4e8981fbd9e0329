using GanFunctions.Core.Runs;

namespace GanFunctions.Core.Tests.Runs;

public sealed class Actions_on_a_run
{
    [Theory]
    [InlineData(RunState.Queued, "Pause Cancel Extend", "")]
    [InlineData(RunState.Preparing, "Pause Cancel Extend", "")]
    [InlineData(RunState.Training, "Pause Cancel Extend", "")]
    [InlineData(RunState.Pausing, "Resume Cancel Extend", "Pause")]
    [InlineData(RunState.Paused, "Resume Cancel Extend", "Pause")]
    [InlineData(RunState.Cancelling, "", "Cancel")]
    [InlineData(RunState.Cancelled, "Extend Delete", "Cancel")]
    [InlineData(RunState.Completed, "Extend Delete", "")]
    [InlineData(RunState.Failed, "Extend Delete", "")]
    public void Are_allowed_by_its_state(RunState state, string actions, string withoutEffect)
    {
        Assert.Equal(actions, string.Join(' ', RunTransitions.ActionsIn(state)));
        Assert.Equal(withoutEffect, string.Join(' ', RunTransitions.All.Where(each => each.Idempotent.Contains(state)).Select(each => each.Action)));
        Assert.All(RunTransitions.All, each => Assert.Equal(each.From.Contains(state) || each.Idempotent.Contains(state), each.Allowed.Contains(state)));
    }

    [Fact]
    public void Change_what_the_user_wants()
    {
        var row = new RunRow { Phase = Phase.Training };

        RunTransitions.Pause.Apply(row, 0);
        Assert.Equal((Desired.Pause, Phase.Training), (row.Desired, row.Phase));
        RunTransitions.Resume.Apply(row, 0);
        Assert.Equal((Desired.Run, Phase.Training), (row.Desired, row.Phase));
        RunTransitions.Cancel.Apply(row, 0);
        Assert.Equal((Desired.Cancel, Phase.Training), (row.Desired, row.Phase));
    }

    [Fact]
    public void End_a_paused_run_at_once()
    {
        var row = new RunRow { Phase = Phase.Paused };

        RunTransitions.Cancel.Apply(row, 0);
        Assert.Equal(Phase.Cancelled, row.Phase);
        RunTransitions.Delete.Apply(row, 0);
        Assert.Equal(Phase.Deleting, row.Phase);
    }

    [Fact]
    public void Extend_a_run_that_is_training_from_its_last_epoch()
    {
        var row = Progressed(Phase.Training);

        RunTransitions.Extend.Apply(row, 3);

        Assert.Equal((13, Desired.Pause), (row.TargetEpochs, row.Desired));
        Assert.Equal((0, 0, 0), (row.PatienceStartsAfter, row.LimitsStartAfterExecutions, row.LimitsStartAfterMilliseconds));
    }

    [Theory]
    [InlineData(Phase.Completed)]
    [InlineData(Phase.Cancelled)]
    [InlineData(Phase.Failed)]
    public void Extend_a_run_that_has_ended_from_where_it_stopped(Phase phase)
    {
        var row = Progressed(phase);

        RunTransitions.Extend.Apply(row, 3);

        Assert.Equal((7, Desired.Run), (row.TargetEpochs, row.Desired));
        Assert.Equal((4, 6, 7000), (row.PatienceStartsAfter, row.LimitsStartAfterExecutions, row.LimitsStartAfterMilliseconds));
    }

    private static RunRow Progressed(Phase phase) => new()
    {
        Phase = phase,
        Desired = Desired.Pause,
        TargetEpochs = 10,
        Epoch = 5,
        Step = 9,
        StepsPerEpoch = 10,
        Executions = 6,
        BilledMilliseconds = 7000,
    };
}
