using GanFunctions.Core.Runs;
using GanFunctions.Core.Training;
using GanFunctions.TestKit;
using Microsoft.Extensions.Time.Testing;

namespace GanFunctions.Core.Tests.Training;

public sealed class A_run_with_a_limit(AzuriteFixture azurite)
{
    private static readonly TrainingOptions Small = new()
    {
        Precision = Precision.Fp32,
        Dataset = TrainingBench.Bars,
        Epochs = 20,
        ImagesPerEpoch = 6 * 2,
        BatchSize = 2,
    };

    // A second costs 1, and an execution 0.25.
    private static readonly CostSettings Prices = new()
    {
        InstanceMemoryMB = 1024,
        PricePerGbSecond = 1,
        PricePerMillionExecutions = 250_000,
        Currency = "EUR",
    };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(0.5, null, @"^The run has been billed for [\d.]+ minutes of training: maxMinutes is 0.5\.$")]
    [InlineData(null, 30.5, @"^The run has cost [\d.]+ EUR: maxCost is 30.5\.$")]
    public async Task Completes_in_mid_epoch_names_the_limit_and_continues_with_the_same_bytes(double? minutes, double? cost, string reason)
    {
        // Each reading of the clock takes seconds, so the first epoch does not fit into the limit.
        var time = new FakeTimeProvider();
        using var bench = await TrainingBench.CreateAsync(azurite, time, Prices);
        await bench.TrainToTheEndAsync(await bench.StartAsync("whole", Small with { Epochs = 1 }), onOtherWorkers: true);
        time.AutoAdvanceAmount = TimeSpan.FromSeconds(5.5);
        var request = await bench.StartAsync("limited", Small with { MaxMinutes = minutes, MaxCost = cost });

        var ended = await bench.TrainToTheEndAsync(request, onOtherWorkers: true);

        var row = (await bench.Runs.FindAsync("limited", Cancellation))!;
        var stopped = await bench.LatestAsync("limited");
        Assert.Equal((SliceOutcome.Completed, Phase.Completed, ended.Reason), (ended.Outcome, row.Phase, row.StoppedEarly));
        Assert.Matches(reason, ended.Reason);
        Assert.Equal((1, false, stopped.Name), (stopped.Epoch, stopped.IsEpochEnd, row.Checkpoint));
        Assert.Equal(1, row.Executions);

        // It does not begin another slice, as after a crash between the commit and the update of the row.
        await bench.Runs.UpdateAsync("limited", each =>
        {
            (each.Phase, each.StoppedEarly) = (Phase.Training, null);
            return true;
        }, Cancellation);
        Assert.Equal(SliceOutcome.Completed, (await bench.TrainAsync(request, Cancellation)).Outcome);
        Assert.Equal(stopped, await bench.LatestAsync("limited"));

        // Extended, it may use as much once more.
        time.AutoAdvanceAmount = TimeSpan.Zero;
        await bench.Runs.UpdateAsync("limited", each =>
        {
            RunTransitions.Extend.Apply(each, 1);
            each.Phase = Phase.Queued;
            return true;
        }, Cancellation);
        var extended = await bench.TrainToTheEndAsync(request, onOtherWorkers: true);
        Assert.Equal((SliceOutcome.Completed, 1, null), (extended.Outcome, extended.CompletedEpochs, extended.Reason));
        var (expected, actual) = (await bench.LatestAsync("whole"), await bench.LatestAsync("limited"));
        Assert.Equal((expected.Generator, expected.Training, expected.EpochSums), (actual.Generator, actual.Training, actual.EpochSums));
    }

    [Fact]
    public void Trains_in_a_slice_only_as_long_as_the_limit_allows()
    {
        var limits = new RunLimits(Prices);
        var row = new RunRow
        {
            OptionsJson = OptionsReader.Write(Small with { MaxSliceSeconds = 200, MaxMinutes = 2, MaxCost = 100 }),
            Executions = 4,
            BilledMilliseconds = 30_000,
        };

        Assert.Null(limits.ReasonToStop(row));
        Assert.Equal(100 - 30 - 5 * 0.25, limits.SecondsOfSlice(row), 1e-9); // by its cost, of which this execution is a part
        (row.LimitsStartAfterExecutions, row.LimitsStartAfterMilliseconds) = (4, 25_000);
        Assert.Equal(100 - 5 - 0.25, limits.SecondsOfSlice(row), 1e-9);
        row.BilledMilliseconds += 120_000;
        Assert.Equal("The run has been billed for 2.0833 minutes of training since it was extended: maxMinutes is 2.", limits.ReasonToStop(row));
        Assert.Equal(0, limits.SecondsOfSlice(row));
    }
}
