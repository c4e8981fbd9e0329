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
    public async Task Keeps_rows_in_order_and_accepts_the_same_ones_twice()
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
    public async Task Can_be_deleted_by_several_calls_at_once()
    {
        using var bench = await TrainingBench.CreateAsync(azurite);
        var rows = Enumerable.Range(1, 500).Select(step => LossRow.OfStep("run", 0, 1, step, new StepLosses(step, 2, 0.5, 0.25), 300, Time));
        await bench.Losses.WriteAsync([.. rows], Cancellation);

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => bench.Losses.DeleteAsync("run", Cancellation)));

        Assert.Empty(await bench.Losses.ReadAsync("run", Cancellation).ToListAsync(Cancellation));
    }

    [Fact]
    public async Task Omits_values_that_are_not_finite_and_names_them()
    {
        using var bench = await TrainingBench.CreateAsync(azurite);
        var losses = new StepLosses(double.NaN, double.PositiveInfinity, 0.5, double.NegativeInfinity);

        await bench.Losses.WriteAsync([LossRow.OfStep("run", 2, 3, 50, losses, 300, Time)], Cancellation);

        var row = (await bench.Losses.ReadAsync("run", Cancellation).ToListAsync(Cancellation)).Single();
        Assert.Equal((2, 3, 50), (row.Attempt(), row.Epoch(), row.Step()));
        Assert.Equal((null, null, 0.5, null), (row.DiscriminatorLoss, row.GeneratorLoss, row.RealScore, row.FakeScore));
        Assert.Equal("discriminatorLoss generatorLoss fakeScore", row.NonFinite);
    }

    [Fact]
    public async Task Begins_at_the_requested_epoch_in_every_attempt()
    {
        using var bench = await TrainingBench.CreateAsync(azurite);
        await bench.Losses.WriteAsync(
            [.. Epochs(attempt: 0, 1, 2, 3, 4), .. Epochs(attempt: 1, 2), .. Epochs(attempt: 3, 1, 2, 3, 4, 5), .. Epochs(attempt: 4, 1)], Cancellation);
        await bench.Losses.WriteAsync(Epochs(attempt: 0, 5).Select(row => Of("run2", row)), Cancellation);

        Assert.Equal(["000-00003", "000-00004", "003-00003", "003-00004", "003-00005"], await ReadAsync(from: 3));
        Assert.Equal(["003-00005"], await ReadAsync(from: 5));
        Assert.Empty(await ReadAsync(from: 6));
        Assert.Equal(11, (await ReadAsync(from: 1)).Count);

        async Task<List<string>> ReadAsync(int from) =>
            await bench.Losses.ReadAsync("run", from, Cancellation).Where(row => row.Step() is null).Select(row => row.RowKey[..9]).ToListAsync(Cancellation);
    }

    [Fact]
    public async Task Can_be_thinned_to_every_third_step_of_an_epoch()
    {
        var rows = Epochs(attempt: 0, 1, 2).ToAsyncEnumerable();

        Assert.Equal(
            ["000-00001-000010", "000-00001-000040", "000-00001-epoch", "000-00002-000010", "000-00002-000040", "000-00002-epoch"],
            await rows.EveryNthStepAsync(3).Select(row => row.RowKey).ToListAsync(Cancellation));
    }

    [Fact]
    public async Task Leaves_out_rolled_back_steps_without_reading_all_rows_into_memory()
    {
        using var bench = await TrainingBench.CreateAsync(azurite);
        List<LossRow> rows = [.. Epochs(attempt: 0, 1, 2, 3), .. Epochs(attempt: 1, 3, 4), .. Epochs(attempt: 3, 2, 3)];
        await bench.Losses.WriteAsync(rows, Cancellation);

        var read = await bench.Losses.ReadWithoutRolledBackAsync("run", Cancellation).Select(row => row.RowKey).ToListAsync(Cancellation);

        Assert.Equal(LossHistory.WithoutRolledBack(rows).Select(row => row.RowKey), read);
        Assert.Equal(["000-00001", "003-00002", "003-00003"], read.Select(key => key[..9]).Distinct());
    }

    private static IEnumerable<LossRow> Epochs(int attempt, params int[] epochs) => epochs.SelectMany(epoch => (IEnumerable<LossRow>)[
        .. Enumerable.Range(1, 5).Select(step => LossRow.OfStep("run", attempt, epoch, 10 * step, default, 300, Time)),
        LossRow.OfEpoch("run", attempt, epoch, default, 300, Time)]);

    private static LossRow Of(string run, LossRow row)
    {
        row.PartitionKey = run;
        return row;
    }
}
