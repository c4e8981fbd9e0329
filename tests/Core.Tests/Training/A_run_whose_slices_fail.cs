using Azure;
using GanFunctions.Core.Data;
using GanFunctions.Core.Runs;
using GanFunctions.Core.Training;
using GanFunctions.TestKit;

namespace GanFunctions.Core.Tests.Training;

public sealed class A_run_whose_slices_fail(AzuriteFixture azurite)
{
    private static readonly TrainingOptions Small =
        new() { Preset = Preset.Compact, Dataset = TrainingBench.Bars, Epochs = 1, ImagesPerEpoch = 8, BatchSize = 4 };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Fails_at_the_sixth_in_a_row_and_says_why()
    {
        using var bench = await TrainingBench.CreateAsync(azurite);
        var request = await bench.StartAsync("homeless", Small with { Dataset = "removed-meanwhile" });

        for (var failure = 1; failure <= 5; failure++) await Assert.ThrowsAsync<UnknownDatasetException>(() => bench.TrainAsync(request, Cancellation));
        var result = await bench.TrainAsync(request, Cancellation);

        var row = (await bench.Runs.FindAsync("homeless", Cancellation))!;
        Assert.Equal((SliceOutcome.Failed, Phase.Failed), (result.Outcome, row.Phase));
        Assert.Contains("removed-meanwhile", row.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Does_not_count_host_shutdowns()
    {
        using var bench = await TrainingBench.CreateAsync(azurite);
        var request = await bench.StartAsync("unlucky", Small);

        for (var stop = 1; stop <= 10; stop++)
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => bench.TrainAsync(request, new CancellationToken(canceled: true)));
        Assert.Equal(0, (await bench.Runs.FindAsync("unlucky", Cancellation))!.Failures);
        Assert.Equal(SliceOutcome.Completed, (await bench.TrainAsync(request, Cancellation)).Outcome);
    }

    [Fact]
    public async Task Resets_the_count_when_one_succeeds()
    {
        using var bench = await TrainingBench.CreateAsync(azurite);
        var request = await bench.StartAsync("recovered", Small with { Epochs = 2 });
        await bench.Runs.UpdateAsync("recovered", row =>
        {
            row.Failures = 5;
            return true;
        }, Cancellation);

        await bench.TrainAsync(request, Cancellation);

        Assert.Equal(0, (await bench.Runs.FindAsync("recovered", Cancellation))!.Failures);
    }

    [Fact]
    public async Task Repeats_a_slice_whose_losses_cannot_be_written()
    {
        using var bench = await TrainingBench.CreateAsync(azurite);
        var request = await bench.StartAsync("complete", Small with { LogEvery = 1 });
        await bench.LossTable.DeleteAsync(Cancellation);

        await Assert.ThrowsAnyAsync<RequestFailedException>(() => bench.TrainAsync(request, Cancellation));
        var beforeTheTableExists = await bench.Checkpoints.ListAsync("complete", Cancellation);
        await bench.LossTable.CreateAsync(Cancellation);
        var result = await bench.TrainAsync(request, Cancellation);

        Assert.Empty(beforeTheTableExists);
        Assert.Equal(SliceOutcome.Completed, result.Outcome);
        var losses = await bench.Losses.ReadAsync("complete", Cancellation).ToListAsync(Cancellation);
        Assert.Equal([1, 2, null], losses.Select(row => row.Step()));
    }
}
