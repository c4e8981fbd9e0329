using GanFunctions.Core.Checkpoints;
using GanFunctions.Core.Pictures;
using GanFunctions.Core.Quality;
using GanFunctions.Core.Runs;
using GanFunctions.Core.Storage;
using GanFunctions.Core.Tests.Checkpoints;
using GanFunctions.Core.Training;
using GanFunctions.TestKit;
using Microsoft.Extensions.Time.Testing;

namespace GanFunctions.Core.Tests.Runs;

public sealed class The_record_of_a_slice(AzuriteFixture azurite) : RunTableTests(azurite)
{
    private const int Steps = Commits.StepsPerEpoch;
    private readonly FakeTimeProvider _time = new();
    private readonly LogRecorder _log = new();

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        await Runs.TryClaimAsync(
            new RunRow
            {
                RowKey = "a",
                InstanceId = "one",
                Waiter = "sweep",
                TargetEpochs = 3,
                StepsPerEpoch = Steps,
                Failures = 2,
                OptionsJson = OptionsReader.Write(new() { Dataset = "pictures" }),
            },
            Cancellation);
    }

    [Theory]
    [InlineData(null, Phase.Preparing)]
    [InlineData("000-00001-000005", Phase.Training)]
    public async Task Begins_with_what_the_worker_does_first(string? checkpoint, Phase phase)
    {
        await ChangeAsync(row => row.Checkpoint = checkpoint);
        var record = Record();

        var begun = await record.TryBeginAsync(Cancellation);

        Assert.Equal((phase, phase), (begun!.Phase, (await RowAsync()).Phase));
        Assert.Equal("sweep", record.Waiter);
    }

    [Fact]
    public async Task Does_not_begin_for_another_orchestration()
    {
        Assert.Null(await Record("two").TryBeginAsync(Cancellation));
        await ChangeAsync(row => row.Phase = Phase.Completed);
        Assert.Null(await Record().TryBeginAsync(Cancellation));
        Assert.Equal(Phase.Completed, (await RowAsync()).Phase);
        await Runs.DeleteAsync("a", Cancellation);
        Assert.Null(await Record().TryBeginAsync(Cancellation));
    }

    [Fact]
    public async Task Leaves_the_row_as_it_is_when_the_user_wants_the_run_to_stop()
    {
        await ChangeAsync(row => row.Desired = Desired.Pause);
        var before = await RowAsync();

        Assert.Equal(Phase.Queued, (await Record().TryBeginAsync(Cancellation))!.Phase);

        Assert.Equal((before.ETag, Phase.Queued), ((await RowAsync()).ETag, (await RowAsync()).Phase));
    }

    [Fact]
    public async Task Has_the_steps_and_the_classes_that_the_data_set_turned_out_to_have()
    {
        var before = await RowAsync();
        await Record("two").SetTrainingAsync(7, null, Cancellation);
        Assert.Equal(before.ETag, (await RowAsync()).ETag);

        await Record().SetTrainingAsync(7, null, Cancellation);
        Assert.Equal((Phase.Training, 7, null), ((await RowAsync()).Phase, (await RowAsync()).StepsPerEpoch, (await RowAsync()).Classes));

        await Record().SetTrainingAsync(7, new ClassLabels([1, 2], ["cats", "dogs"]), Cancellation);
        Assert.Equal(["cats", "dogs"], (await RowAsync()).Classes!.Select(each => each.Name));
    }

    [Theory]
    [InlineData(Desired.Run, 1, 5, SliceOutcome.Continue, Phase.Waiting)]
    [InlineData(Desired.Run, 2, Steps, SliceOutcome.Continue, Phase.Waiting)]
    [InlineData(Desired.Run, 3, 9, SliceOutcome.Continue, Phase.Waiting)]
    [InlineData(Desired.Run, 3, Steps, SliceOutcome.Completed, Phase.Completed)]
    [InlineData(Desired.Pause, 1, 5, SliceOutcome.Paused, Phase.Paused)]
    [InlineData(Desired.Pause, 3, Steps, SliceOutcome.Completed, Phase.Completed)]
    [InlineData(Desired.Cancel, 1, 5, SliceOutcome.Cancelled, Phase.Cancelled)]
    [InlineData(Desired.Cancel, 3, Steps, SliceOutcome.Cancelled, Phase.Cancelled)]
    public async Task Ends_with_what_the_user_wants_and_the_position(Desired desired, int epoch, int step, SliceOutcome outcome, Phase phase)
    {
        await ChangeAsync(row => (row.Phase, row.Desired) = (Phase.Training, desired));
        var last = At(epoch, step, attempt: 2);
        var record = Record(attempt: 1);

        var result = await record.EndAsync(last);

        Assert.Equal(new SliceResult(outcome, 2, step == Steps ? epoch : epoch - 1), result);
        var row = await RowAsync();
        Assert.Equal((phase, last.Name, 2, epoch, step, 0), (row.Phase, row.Checkpoint, row.Attempt, row.Epoch, row.Step, row.Failures));
        Assert.Equal((8, 5.5), (row.BestEpoch, row.BestDistance));
        Assert.Equal("sweep", record.Waiter);
    }

    [Fact]
    public async Task Ends_before_the_first_checkpoint_without_a_position()
    {
        await ChangeAsync(row => (row.BestEpoch, row.BestDistance) = (1, 1));

        Assert.Equal(new SliceResult(SliceOutcome.Continue, 1, 0), await Record(attempt: 1).EndAsync(null));

        var row = await RowAsync();
        Assert.Equal((null, 1, 0, 0), (row.Checkpoint, row.Attempt, row.Epoch, row.Step));
        Assert.Equal((null, null), (row.BestEpoch, row.BestDistance));
    }

    [Fact]
    public async Task Keeps_the_attempt_of_its_request_if_that_is_newer_than_the_checkpoint()
    {
        Assert.Equal(3, (await Record(attempt: 3).EndAsync(At(1, 5, attempt: 2))).Attempt);
    }

    [Fact]
    public async Task Gives_way_to_runs_that_wait()
    {
        await ChangeAsync(row => row.Phase = Phase.Training);
        await Runs.TryClaimAsync(new RunRow { RowKey = "b", InstanceId = "b" }, Cancellation);

        Assert.Equal(SliceOutcome.Continue, (await Record().EndAsync(At(1, 5))).Outcome);

        Assert.Equal(Phase.Queued, (await RowAsync()).Phase);
    }

    [Theory]
    [InlineData(4, null, "The last 4 measured epochs were no better than epoch 8")]
    [InlineData(null, 1, "The run has been billed for ")]
    [InlineData(4, 1, "The last 4 measured epochs were no better than epoch 8")] // comes first
    public async Task Ends_a_run_early_that_does_not_improve_or_has_reached_its_limit_and_says_why(int? patience, int? maxMinutes, string why)
    {
        var options = new TrainingOptions { Dataset = "pictures", Patience = patience, MaxMinutes = maxMinutes };
        await ChangeAsync(row => (row.TargetEpochs, row.BilledMilliseconds, row.OptionsJson) = (20, 60_000, OptionsReader.Write(options)));

        var result = await Record().EndAsync(At(12, Steps));

        var row = await RowAsync();
        Assert.Equal((SliceOutcome.Completed, Phase.Completed), (result.Outcome, row.Phase));
        Assert.StartsWith(why, row.StoppedEarly, StringComparison.Ordinal);
        Assert.Equal(row.StoppedEarly, result.Reason);
    }

    [Fact]
    public async Task Ends_with_the_quality_of_its_last_pictures_and_keeps_it_until_others_are_measured()
    {
        var quality = new PictureQuality(2000, 4, 0.5, 1, 0, 1, "r", null);

        await Record().EndAsync(At(1, Steps, quality: quality));
        await Record().EndAsync(At(2, 5));

        Assert.Equal((1, quality), ((await RowAsync()).QualityEpoch, (await RowAsync()).Quality));
    }

    [Fact]
    public async Task Does_not_call_it_early_when_the_last_epoch_is_complete()
    {
        await ChangeAsync(row => (row.TargetEpochs, row.OptionsJson) = (12, OptionsReader.Write(new() { Dataset = "pictures", Patience = 4 })));

        Assert.Equal(new SliceResult(SliceOutcome.Completed, 0, 12), await Record().EndAsync(At(12, Steps)));

        Assert.Null((await RowAsync()).StoppedEarly);
    }

    [Fact]
    public async Task Bills_its_time_once()
    {
        var record = Record();
        _time.Advance(TimeSpan.FromSeconds(2));

        await record.EndAsync(At(1, 5));
        _time.Advance(TimeSpan.FromSeconds(9));
        await record.FailAsync(SliceOutcome.Failed, 0, 0, "late");

        var row = await RowAsync();
        Assert.Equal((1, 2000, 2000, 5), (row.Executions, row.BilledMilliseconds, row.FirstSliceMilliseconds, row.FirstSliceSteps));
    }

    [Fact]
    public async Task Bills_the_part_of_a_worker_once()
    {
        var record = Record();

        await record.EndShardAsync();
        await record.EndShardAsync();

        Assert.Equal(1, (await RowAsync()).Executions);
    }

    [Fact]
    public async Task Changes_nothing_of_a_run_that_belongs_to_another()
    {
        var before = await RowAsync();
        var record = Record("two", attempt: 1);

        Assert.Equal(new SliceResult(SliceOutcome.Superseded, 1, 1), await record.EndAsync(At(1, Steps)));
        Assert.Equal(new SliceResult(SliceOutcome.Superseded, 1, 1), await record.FailAsync(SliceOutcome.Refused, 1, 1, "no", At(1, Steps)));
        await record.EndShardAsync();
        Assert.False(await record.CountFailureAsync(new InvalidOperationException("no")));

        var after = await RowAsync();
        Assert.Equal((before.ETag, before.WriteId), (after.ETag, after.WriteId));
    }

    [Fact]
    public async Task Fails_the_run_with_the_reason_and_its_position()
    {
        var record = Record();
        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(new SliceResult(SliceOutcome.Diverged, 1, 2, "too large"), await record.FailAsync(SliceOutcome.Diverged, 1, 2, "too large", At(2, Steps)));

        var row = await RowAsync();
        Assert.Equal((Phase.Failed, "too large", 2, Steps), (row.Phase, row.Error, row.Epoch, row.Step));
        Assert.Equal((1, 1000), (row.Executions, row.BilledMilliseconds));
        Assert.Equal("sweep", record.Waiter);
    }

    [Fact]
    public async Task Leaves_the_position_alone_if_it_failed_before_it_knew_it()
    {
        await ChangeAsync(row => (row.Checkpoint, row.Epoch, row.Step) = ("000-00002-000003", 2, 3));

        await Record().FailAsync(SliceOutcome.Refused, 0, 1, "no");

        var row = await RowAsync();
        Assert.Equal(("000-00002-000003", 2, 3), (row.Checkpoint, row.Epoch, row.Step));
    }

    [Fact]
    public async Task Counts_failures_in_a_row_until_the_sixth_fails_the_run()
    {
        await ChangeAsync(row => (row.Failures, row.Phase) = (4, Phase.Training));

        Assert.False(await Record().CountFailureAsync(new InvalidOperationException("odd")));
        Assert.Equal((5, Phase.Waiting, null), ((await RowAsync()).Failures, (await RowAsync()).Phase, (await RowAsync()).Error));
        Assert.True(await Record().CountFailureAsync(new InvalidOperationException("odd")));

        var row = await RowAsync();
        Assert.Equal((6, Phase.Failed, "odd", 2), (row.Failures, row.Phase, row.Error, row.Executions));
        Assert.Equal(
            ["failure 5 in a row); the run fails after 6", "failure 6 in a row); the run fails after 6"],
            _log.Lines.Select(line => line.Split('\n')[0].Split('(')[^1]));
    }

    [Fact]
    public async Task Returns_a_run_to_the_queue_unless_it_was_deleted()
    {
        await ChangeAsync(row => row.Phase = Phase.Preparing);

        Assert.True(await Record().TryReturnToQueueAsync());
        Assert.Equal((Phase.Queued, 1), ((await RowAsync()).Phase, (await RowAsync()).Executions));

        await Runs.DeleteAsync("a", Cancellation);
        Assert.False(await Record().TryReturnToQueueAsync());
    }

    [Fact]
    public async Task Continues_after_the_part_of_a_worker_which_is_billed()
    {
        await ChangeAsync(row => (row.Epoch, row.Step) = (2, Steps));

        Assert.Equal(new SliceResult(SliceOutcome.Continue, 1, 2), await Record(attempt: 1).EndShardAsync());

        Assert.Equal(1, (await RowAsync()).Executions);
        await Runs.DeleteAsync("a", Cancellation);
        Assert.Equal(new SliceResult(SliceOutcome.Superseded, 1, 0), await Record(attempt: 1).EndShardAsync());
    }

    [Fact]
    public async Task Is_not_written_and_logged_when_the_storage_does_not_answer()
    {
        var record = new SliceRecord(UnreachableRuns, new("a", "one", 0), new(_time, _time.GetTimestamp()), new(new()), _log);

        Assert.False(await record.TryReturnToQueueAsync());

        Assert.Contains("could not record the end of a slice; the slice will be retried", Assert.Single(_log.Lines), StringComparison.Ordinal);
    }

    private static Manifest At(int epoch, int step, int attempt = 0, PictureQuality? quality = null) => new(
        Commits.Position(epoch, step) with { Run = "a", Attempt = attempt, Best = new(8, 5.5, null, "pictures") }, BlobReference.Of([1]), BlobReference.Of([2]))
    {
        Quality = quality,
    };

    private SliceRecord Record(string instance = "one", int attempt = 0) =>
        new(Runs, new("a", instance, attempt), new(_time, _time.GetTimestamp()), new(new()), _log);
}
