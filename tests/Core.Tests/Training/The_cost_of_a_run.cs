using GanFunctions.Core.Runs;
using GanFunctions.Core.Training;
using GanFunctions.TestKit;
using Microsoft.Extensions.Time.Testing;

namespace GanFunctions.Core.Tests.Training;

public sealed class The_cost_of_a_run(AzuriteFixture azurite)
{
    private static readonly TrainingOptions Small = new()
    {
        Precision = Precision.Fp32,
        Dataset = TrainingBench.Bars,
        Epochs = 3,
        ImagesPerEpoch = 4 * 2,
        BatchSize = 2,
    };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(0, 1000)]
    [InlineData(999.9, 1000)]
    [InlineData(1000, 1000)]
    [InlineData(1000.1, 1100)]
    [InlineData(61_234, 61_300)]
    public void Is_billed_for_a_second_at_least_and_for_tenths_of_a_second_after_that(double milliseconds, long billed)
    {
        Assert.Equal(billed, BilledTime.Of(TimeSpan.FromMilliseconds(milliseconds)));
    }

    [Fact]
    public void Is_the_memory_of_the_instance_times_the_billed_time_and_the_executions()
    {
        var settings = new CostSettings { InstanceMemoryMB = 2048, PricePerGbSecond = 0.5m, PricePerMillionExecutions = 2_000_000 };

        Assert.Equal((3m, 2 * 1.5m * 0.5m + 4 * 2), (settings.GbSeconds(1500), settings.PriceOf(1500, 4)));
    }

    [Fact]
    public async Task Grows_with_every_slice_and_is_estimated_for_the_rest()
    {
        // Each reading of the clock takes two seconds.
        using var bench = await TrainingBench.CreateAsync(azurite, new FakeTimeProvider { AutoAdvanceAmount = TimeSpan.FromSeconds(2) });
        var request = await bench.StartAsync("billed", Small);
        var costs = new List<RunCost>();

        for (var epoch = 1; epoch <= Small.Epochs; epoch++)
        {
            await bench.TrainAsync(request, Cancellation);
            costs.Add(RunCost.Of((await bench.Runs.FindAsync("billed", Cancellation))!, new CostSettings()));
        }

        Assert.Equal([1, 2, 3], costs.Select(cost => cost.Executions));
        Assert.True(costs[0].GbSeconds > 2 * 4 && costs[1].GbSeconds > costs[0].GbSeconds && costs[2].Amount > costs[1].Amount);
        // One epoch is left after the second slice, whose time is that of a slice.
        Assert.Equal(1, costs[1].Estimated!.Executions);
        Assert.Equal(costs[1].GbSeconds - costs[0].GbSeconds, costs[1].Estimated!.GbSeconds, 0.2);
        Assert.Null(costs[2].Estimated);
    }

    [Fact]
    public async Task Counts_a_slice_that_fails()
    {
        using var bench = await TrainingBench.CreateAsync(azurite);
        var request = await bench.StartAsync("failing", Small with { Dataset = "digits" });
        await bench.Container.DeleteAsync(cancellationToken: Cancellation); // nothing can be committed

        await Assert.ThrowsAnyAsync<Exception>(() => bench.TrainAsync(request, Cancellation));

        var row = (await bench.Runs.FindAsync("failing", Cancellation))!;
        Assert.Equal((1, 1), (row.Failures, row.Executions));
        Assert.InRange(row.BilledMilliseconds, 1000, 600_000);
    }

    [Fact]
    public async Task Is_not_counted_for_a_run_that_belongs_to_another_orchestration()
    {
        using var bench = await TrainingBench.CreateAsync(azurite);
        var request = await bench.StartAsync("other", Small);

        await bench.TrainAsync(request with { InstanceId = "two" }, Cancellation);

        Assert.Equal(0, (await bench.Runs.FindAsync("other", Cancellation))!.Executions);
    }
}
