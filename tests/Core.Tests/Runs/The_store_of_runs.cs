using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Data.Tables;
using GanFunctions.Core.Runs;
using GanFunctions.Core.Training;
using GanFunctions.TestKit;

namespace GanFunctions.Core.Tests.Runs;

public sealed class The_store_of_runs(AzuriteFixture azurite) : RunTableTests(azurite)
{
    [Fact]
    public async Task Gives_an_id_to_one_orchestration_only()
    {
        Assert.True(await Runs.TryClaimAsync(Row("a"), Cancellation));
        Assert.False(await Runs.TryClaimAsync(Row("a", instance: "two"), Cancellation));
        Assert.Equal("one", (await RowAsync()).InstanceId);
    }

    [Fact]
    public async Task Recognises_its_own_claim_and_its_own_update_when_their_responses_are_lost()
    {
        var runs = new RunStore(Table(Repeating()));
        var changes = 0;

        Assert.True(await runs.TryClaimAsync(Row("a"), Cancellation));
        var updated = await runs.UpdateAsync("a", row =>
        {
            changes++;
            row.Failures++;
            return true;
        }, Cancellation);

        Assert.Equal((true, 1, 1), (updated!.Value.Changed, updated.Value.Row.Failures, changes));
        Assert.Equal(1, (await RowAsync()).Failures);
    }

    [Fact]
    public async Task Repeats_an_update_when_another_came_first()
    {
        await Runs.TryClaimAsync(Row("a"), Cancellation);
        var changes = 0;

        var updated = await Runs.UpdateAsync("a", row =>
        {
            if (++changes == 1) Table().UpsertEntity(new TableEntity(RunRow.Partition, "a") { [nameof(RunRow.Failures)] = 5 }, TableUpdateMode.Merge, Cancellation);
            row.Failures++;
            return true;
        }, Cancellation);

        Assert.Equal((true, 6, 2), (updated!.Value.Changed, updated.Value.Row.Failures, changes));
        Assert.Equal(6, (await RowAsync()).Failures);
    }

    [Fact]
    public async Task Leaves_a_row_as_it_is_when_nothing_is_to_change()
    {
        await Runs.TryClaimAsync(Row("a"), Cancellation);

        var updated = await Runs.UpdateAsync("a", row =>
        {
            row.Failures++;
            return false;
        }, Cancellation);

        Assert.False(updated!.Value.Changed);
        Assert.Equal((0, ""), ((await RowAsync()).Failures, (await RowAsync()).WriteId));
    }

    [Fact]
    public async Task Has_nothing_to_find_or_change_where_there_is_no_run()
    {
        Assert.Null(await Runs.FindAsync("a", Cancellation));
        Assert.Null(await Runs.FindAsync("not/an id", Cancellation));
        Assert.Null(await Runs.UpdateAsync("a", _ => true, Cancellation));

        await Runs.TryClaimAsync(Row("a"), Cancellation);
        Assert.Null(await Runs.UpdateAsync("a", _ => Table().DeleteEntity(RunRow.Partition, "a", cancellationToken: Cancellation).Status == 204, Cancellation));
        Assert.Null(await Runs.FindAsync("a", Cancellation));
    }

    [Fact]
    public async Task Lists_runs_by_a_prefix_and_without_the_deleted_ones()
    {
        foreach (var run in (string[])["b-1", "a-2", "a-1", "a", "a0"]) await Runs.TryClaimAsync(Row(run), Cancellation);

        Assert.Equal(["a", "a-1", "a-2", "a0", "b-1"], await Runs.ListAsync(Cancellation).Select(row => row.RowKey).ToListAsync(Cancellation));
        Assert.Equal(["a-1", "a-2"], await Runs.ListAsync("a-", Cancellation).Select(row => row.RowKey).ToListAsync(Cancellation));
        await Runs.DeleteAsync("a-1", Cancellation);
        Assert.Equal(["a-2"], await Runs.ListAsync("a-", Cancellation).Select(row => row.RowKey).ToListAsync(Cancellation));
    }

    [Theory]
    [InlineData(Phase.Queued, Desired.Run, true)]
    [InlineData(Phase.Training, Desired.Run, true)]
    [InlineData(Phase.Paused, Desired.Run, true)]
    [InlineData(Phase.Completed, Desired.Run, false)]
    [InlineData(Phase.Failed, Desired.Run, false)]
    [InlineData(Phase.Deleting, Desired.Run, false)]
    [InlineData(Phase.Queued, Desired.Cancel, false)]
    public async Task Tells_which_data_set_an_unfinished_run_uses(Phase phase, Desired desired, bool isUnfinished)
    {
        await Runs.TryClaimAsync(Row("a", phase, desired), Cancellation);

        Assert.Equal(isUnfinished ? "a" : null, (await Runs.FindUnfinishedAsync("pictures", Cancellation))?.RowKey);
        Assert.Null(await Runs.FindUnfinishedAsync("others", Cancellation));
    }

    [Theory]
    [InlineData(Phase.Queued, Desired.Run, true)]
    [InlineData(Phase.Queued, Desired.Pause, false)]
    [InlineData(Phase.Queued, Desired.Cancel, false)]
    [InlineData(Phase.Training, Desired.Run, false)]
    public async Task Tells_whether_a_run_waits_for_a_worker(Phase phase, Desired desired, bool waits)
    {
        await Runs.TryClaimAsync(Row("a", phase, desired), Cancellation);

        Assert.Equal(waits, await Runs.AnyQueuedAsync(Cancellation));
    }

    [Fact]
    public async Task Writes_the_progress_beside_what_others_write()
    {
        await Runs.TryClaimAsync(Row("a", Phase.Training, Desired.Pause), Cancellation);

        await Runs.MergeProgressAsync("a", new(1, 2, 3, 4, 5.5, new(0.1, 0.2, 0.3, 0.4)), Cancellation);
        await Runs.MergeProgressAsync("nowhere", new(1, 2, 3, 4, 5.5, default), Cancellation);

        var row = await RowAsync();
        Assert.Equal((1, 2, 3, 4, 5.5), (row.Attempt, row.Epoch, row.Step, row.StepsPerEpoch, row.ImagesPerSecond));
        Assert.Equal([0.1, 0.2, 0.3, 0.4], Losses(row));
        Assert.Equal((Phase.Training, Desired.Pause, "one"), (row.Phase, row.Desired, row.InstanceId));
        Assert.Null(await Runs.FindAsync("nowhere", Cancellation));
    }

    [Fact]
    public async Task Keeps_the_last_finite_values_of_the_progress()
    {
        await Runs.TryClaimAsync(Row("a"), Cancellation);
        await Runs.MergeProgressAsync("a", new(0, 1, 1, 4, 5.5, new(0.5, 0.5, 0.5, 0.5)), Cancellation);

        await Runs.MergeProgressAsync("a", new(0, 1, 2, 4, double.NaN, new(double.NaN, double.PositiveInfinity, 0.25, double.NegativeInfinity)), Cancellation);

        var row = await RowAsync();
        Assert.Equal((2, 5.5), (row.Step, row.ImagesPerSecond));
        Assert.Equal([0.5, 0.5, 0.25, 0.5], Losses(row));
    }

    private static double?[] Losses(RunRow row) => [row.DiscriminatorLoss, row.GeneratorLoss, row.RealScore, row.FakeScore];

    private static TableClientOptions Repeating()
    {
        var options = new TableClientOptions();
        options.AddPolicy(new RepeatWrites(), HttpPipelinePosition.PerCall);
        return options;
    }

    private static RunRow Row(string run, Phase phase = Phase.Queued, Desired desired = Desired.Run, string instance = "one") => new()
    {
        RowKey = run,
        InstanceId = instance,
        Phase = phase,
        Desired = desired,
        OptionsJson = OptionsReader.Write(new() { Dataset = "pictures" }),
    };

    /// <summary>Sends every write twice, as the client does when the first response is lost, and returns the second response.</summary>
    private sealed class RepeatWrites : HttpPipelinePolicy
    {
        public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline) => ProcessNext(message, pipeline);

        public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
        {
            await ProcessNextAsync(message, pipeline);
            if (message.Request.Method != RequestMethod.Get) await ProcessNextAsync(message, pipeline);
        }
    }
}
