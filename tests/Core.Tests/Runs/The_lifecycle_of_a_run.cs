using GanFunctions.Core.Data;
using GanFunctions.Core.Runs;
using GanFunctions.Core.Tests.Data;
using GanFunctions.Core.Tests.Quality;
using GanFunctions.Core.Tests.Training;
using GanFunctions.Core.Training;
using GanFunctions.TestKit;

namespace GanFunctions.Core.Tests.Runs;

public sealed class The_lifecycle_of_a_run(AzuriteFixture azurite)
{
    private static readonly TrainingOptions Small =
        new() { Preset = Preset.Compact, Dataset = TrainingBench.Bars, Epochs = 1, ImagesPerEpoch = 8, BatchSize = 4, LogEvery = 1 };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Ends_with_everything_deleted_that_it_stored_and_nothing_of_other_runs()
    {
        using var bench = await TrainingBench.CreateAsync(azurite);
        foreach (var run in (string[])["a", "a-2"]) await bench.TrainToTheEndAsync(await bench.StartAsync(run, Small));
        var kept = (await StoredAsync(bench)).Where(name => !name.Contains("/a/", StringComparison.Ordinal)).ToList();

        var deleted = await bench.Lifecycle.DeleteAsync("a", Cancellation);

        Assert.Equal(("one", true), (deleted!.Value.InstanceId, deleted.Value.Deleted));
        Assert.Equal((Phase.Deleting, ""), (deleted.Value.Row.Phase, deleted.Value.Row.InstanceId));
        Assert.Null(await bench.Runs.FindAsync("a", Cancellation));
        Assert.Equal(kept, await StoredAsync(bench));
        Assert.All(
            (string[])["blobs", "checkpoints", "grids"], folder => Assert.Contains(kept, name => name.StartsWith($"runs/a-2/{folder}/", StringComparison.Ordinal)));
        Assert.Empty(await bench.Losses.ReadAsync("a", Cancellation).ToListAsync(Cancellation));
        Assert.Equal(3, await bench.Losses.ReadAsync("a-2", Cancellation).CountAsync(Cancellation));
        Assert.Null(await bench.Lifecycle.DeleteAsync("a", Cancellation));
    }

    [Theory]
    [InlineData(Phase.Queued, false)]
    [InlineData(Phase.Training, false)]
    [InlineData(Phase.Paused, false)]
    [InlineData(Phase.Completed, true)]
    [InlineData(Phase.Failed, true)]
    [InlineData(Phase.Deleting, true)] // a deletion that was interrupted
    public async Task Can_be_ended_by_deletion_only_at_rest(Phase phase, bool isAllowed)
    {
        using var bench = await TrainingBench.CreateAsync(azurite);
        await bench.StartAsync("a", Small);
        await bench.ChangeAsync("a", row => row.Phase = phase);

        var deleted = await bench.Lifecycle.DeleteAsync("a", Cancellation);

        Assert.Equal((isAllowed, "one"), (deleted!.Value.Deleted, deleted.Value.InstanceId));
        var row = await bench.Runs.FindAsync("a", Cancellation);
        if (isAllowed) Assert.Null(row);
        else Assert.Equal((phase, "one"), (row!.Phase, row.InstanceId));
    }

    [Fact]
    public async Task Begins_with_its_steps_per_epoch()
    {
        using var bench = await TrainingBench.CreateAsync(azurite);
        await bench.StartAsync("a", Small);

        await bench.Lifecycle.PrepareAsync("a", "one", Cancellation);

        var row = (await bench.Runs.FindAsync("a", Cancellation))!;
        Assert.Equal((2, Phase.Queued), (row.StepsPerEpoch, row.Phase));
    }

    [Theory]
    [InlineData("two", Desired.Run, Phase.Queued, 0)]
    [InlineData("one", Desired.Pause, Phase.Queued, 0)]
    [InlineData("one", Desired.Run, Phase.Completed, 0)]
    [InlineData("one", Desired.Run, Phase.Queued, 7)]
    public async Task Is_not_prepared_for_another_orchestration_nor_if_it_should_not_run_nor_twice(string instance, Desired desired, Phase phase, int steps)
    {
        using var bench = await TrainingBench.CreateAsync(azurite);
        await bench.StartAsync("a", Small);
        await bench.ChangeAsync("a", row => (row.Desired, row.Phase, row.StepsPerEpoch) = (desired, phase, steps));

        await bench.Lifecycle.PrepareAsync("a", instance, Cancellation);

        Assert.Equal(steps, (await bench.Runs.FindAsync("a", Cancellation))!.StepsPerEpoch);
    }

    [Fact]
    public async Task Fails_before_its_first_slice_if_its_pictures_do_not_fill_a_batch()
    {
        using var bench = await TrainingBench.CreateAsync(azurite);
        await bench.StartAsync("a", Small with { BatchSize = 16 });

        await bench.Lifecycle.PrepareAsync("a", "one", Cancellation);

        var row = (await bench.Runs.FindAsync("a", Cancellation))!;
        Assert.Equal((Phase.Failed, 0), (row.Phase, row.StepsPerEpoch));
        Assert.StartsWith("An epoch of 8 pictures does not fill one batch of 16", row.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cannot_be_prepared_without_its_data_set()
    {
        using var bench = await TrainingBench.CreateAsync(azurite);
        await bench.StartAsync("a", Small with { Dataset = "gone" });

        await Assert.ThrowsAsync<UnknownDatasetException>(() => bench.Lifecycle.PrepareAsync("a", "one", Cancellation));

        Assert.Equal(Phase.Queued, (await bench.Runs.FindAsync("a", Cancellation))!.Phase);
    }

    [Fact]
    public async Task Continues_only_on_the_data_set_that_it_began_with()
    {
        using var bench = await TrainingBench.CreateAsync(azurite);
        await bench.TrainToTheEndAsync(await bench.StartAsync("a", Small));
        var row = (await bench.Runs.FindAsync("a", Cancellation))!;
        await bench.Lifecycle.CheckDatasetAsync(row, Cancellation);

        await bench.Container.StoreAsync(TrainingBench.Bars, Bars.Of(8).Train);
        var refusal = await Assert.ThrowsAsync<RunRefusedException>(() => bench.Lifecycle.CheckDatasetAsync(row, Cancellation));
        Assert.StartsWith("The data set bars has changed since the run began", refusal.Message, StringComparison.Ordinal);

        await bench.Datasets.DeleteAsync(TrainingBench.Bars, Cancellation);
        await Assert.ThrowsAsync<UnknownDatasetException>(() => bench.Lifecycle.CheckDatasetAsync(row, Cancellation));
    }

    [Theory]
    [InlineData(16, false, "An epoch of 8 pictures does not fill one batch of 16")]
    [InlineData(4, true, "A conditional run needs at least two different labels; the data set bars has 0.")]
    public async Task Without_a_checkpoint_continues_on_any_data_set_that_its_options_work_with(int batch, bool conditional, string refused)
    {
        using var bench = await TrainingBench.CreateAsync(azurite);
        await bench.Container.StoreAsync(TrainingBench.Bars, Bars.Of(20, labelled: false).Train);
        await bench.StartAsync("fits", Small);
        await bench.StartAsync("a", Small with { BatchSize = batch, Conditional = conditional });

        await bench.Lifecycle.CheckDatasetAsync((await bench.Runs.FindAsync("fits", Cancellation))!, Cancellation);
        var row = (await bench.Runs.FindAsync("a", Cancellation))!;
        var refusal = await Assert.ThrowsAsync<RunRefusedException>(() => bench.Lifecycle.CheckDatasetAsync(row, Cancellation));

        Assert.StartsWith(refused, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_classes_continues_on_labelled_pictures()
    {
        using var bench = await TrainingBench.CreateAsync(azurite);
        await bench.StartAsync("a", Small with { Conditional = true });

        await bench.Lifecycle.CheckDatasetAsync((await bench.Runs.FindAsync("a", Cancellation))!, Cancellation);
    }

    [Theory]
    [InlineData(0, 4, 1, 1L)]
    [InlineData(0, 4, 8, 1L)]
    [InlineData(0, 4, 9, 2L)]
    [InlineData(0, 8, 8, 1L)]
    [InlineData(0, 9, 8, null)]
    [InlineData(5, 4, 21, 2L)]
    public async Task Has_the_epochs_of_a_number_of_pictures(int steps, int batch, long images, long? epochs)
    {
        using var bench = await TrainingBench.CreateAsync(azurite);
        await bench.StartAsync("a", Small with { BatchSize = batch });
        await bench.ChangeAsync("a", row => row.StepsPerEpoch = steps);

        Assert.Equal(epochs, await bench.Lifecycle.EpochsOfAsync((await bench.Runs.FindAsync("a", Cancellation))!, images, Cancellation));
    }

    [Fact]
    public async Task Has_no_known_epochs_if_it_was_not_prepared_before_its_data_set_was_deleted()
    {
        using var bench = await TrainingBench.CreateAsync(azurite);
        await bench.StartAsync("a", Small with { Dataset = "gone" });

        Assert.Null(await bench.Lifecycle.EpochsOfAsync((await bench.Runs.FindAsync("a", Cancellation))!, 8, Cancellation));
    }

    private static async Task<List<string>> StoredAsync(TrainingBench bench) => [.. await bench.Container.NamesOfBlobsAsync(Cancellation)];
}
