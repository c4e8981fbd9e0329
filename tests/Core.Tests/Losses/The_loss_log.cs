using GanFunctions.Core.Losses;
using GanFunctions.Core.Tests.Training;
using GanFunctions.Core.Training;
using GanFunctions.TestKit;

namespace GanFunctions.Core.Tests.Losses;

public sealed class The_loss_log(AzuriteFixture azurite)
{
    private static readonly DateTimeOffset Time = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Keeps_rows_in_order_and_takes_the_same_ones_twice()
    {
        using var bench = await TrainingBench.CreateAsync(azurite);
        var rows = Enumerable.Range(1, 250).Select(step => LossRow.OfStep("run", 0, 1, step, new StepLosses(step, 2, 0.5, 0.25), 300, Time))
            .Append(LossRow.OfEpoch("run", 0, 1, new StepLosses(1, 2, 0.5, 0.25), 300, Time)).ToList();

        await bench.Losses.WriteAsync(rows, Cancellation);
        await bench.Losses.WriteAsync(rows, Cancellation);

        var read = await bench.Losses.ReadAsync("run", Cancellation).ToListAsync(Cancellation);
        Assert.Equal([.. Enumerable.Range(1, 250).Select(step => (int?)step), null], read.Select(row => row.Step()));
        Assert.Equal(17, read[16].DiscriminatorLoss);
    }

    [Fact]
    public async Task Leaves_out_what_is_not_finite_and_names_it()
    {
        using var bench = await TrainingBench.CreateAsync(azurite);
        var losses = new StepLosses(double.NaN, double.PositiveInfinity, 0.5, double.NegativeInfinity);

        await bench.Losses.WriteAsync([LossRow.OfStep("run", 2, 3, 50, losses, 300, Time)], Cancellation);

        var row = (await bench.Losses.ReadAsync("run", Cancellation).ToListAsync(Cancellation)).Single();
        Assert.Equal((2, 3, 50), (row.Attempt(), row.Epoch(), row.Step()));
        Assert.Equal((null, null, 0.5, null), (row.DiscriminatorLoss, row.GeneratorLoss, row.RealScore, row.FakeScore));
        Assert.Equal("discriminatorLoss generatorLoss fakeScore", row.NonFinite);
    }
}
