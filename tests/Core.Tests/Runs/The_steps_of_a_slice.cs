using Azure;
using GanFunctions.Core.Checkpoints;
using GanFunctions.Core.Data;
using GanFunctions.Core.Model;
using GanFunctions.Core.Pictures;
using GanFunctions.Core.Quality;
using GanFunctions.Core.Runs;
using GanFunctions.Core.Storage;
using GanFunctions.Core.Tests.Quality;
using GanFunctions.Core.Tests.Training;
using GanFunctions.Core.Training;
using GanFunctions.TestKit;
using static TorchSharp.torch;

namespace GanFunctions.Core.Tests.Runs;

public sealed class The_steps_of_a_slice(AzuriteFixture azurite)
{
    private static readonly Dataset Data = Bars.Of(8);
    private static readonly TrainingOptions Options = new() { Dataset = TrainingBench.Bars, BatchSize = 4, Precision = Precision.Fp32, Threads = 1 };
    private static readonly SliceRequest Request = new("a", "one", 1);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(Desired.Run, 2, 2, null, 0, false)]
    [InlineData(Desired.Run, 3, 1, null, 0, false)]
    [InlineData(Desired.Run, 3, 2, null, 0, true)]
    [InlineData(Desired.Run, 4, 2, null, 0, true)]
    [InlineData(Desired.Pause, 1, 1, null, 0, true)]
    [InlineData(Desired.Cancel, 1, 1, null, 0, true)]
    [InlineData(Desired.Run, 2, 2, 1, 0, true)]
    [InlineData(Desired.Run, 2, 2, 2, 0, false)]
    [InlineData(Desired.Run, 2, 2, null, 60_000, true)]
    [InlineData(Desired.Run, 2, 2, null, 59_999, false)]
    public async Task Are_not_taken_when_the_run_is_over(Desired desired, int epoch, int step, int? patience, long billed, bool isOver)
    {
        using var bench = await TrainingBench.CreateAsync(azurite);
        var row = new RunRow
        {
            Desired = desired,
            TargetEpochs = 3,
            BilledMilliseconds = billed,
            OptionsJson = OptionsReader.Write(Options with { Patience = patience, MaxMinutes = 1 }),
        };

        Assert.Equal(isOver, bench.Steps.IsOver(row, At(epoch, step) with { Best = new(1, 5.5, null, "pictures") }));
    }

    [Fact]
    public void Begin_at_the_beginning_or_after_the_last_checkpoint()
    {
        Assert.Equal(TrainingCursor.Beginning("a", 1, Options, Data), SliceSteps.StartOf(Request, Options, null, Data));
        Assert.Equal(At(1, 1).ToCursor() with { Attempt = 1 }, SliceSteps.StartOf(Request, Options, At(1, 1), Data));
        Assert.Equal((2, 2, 0), PositionOf(SliceSteps.StartOf(Request, Options, At(1, 2) with { Attempt = 2 }, Data)));
        Assert.Equal((1, 2, 0), PositionOf(SliceSteps.StartOf(Request, Options, At(1, 2), Data)));
    }

    [Fact]
    public void Are_refused_on_other_data_with_too_few_classes_and_with_a_precision_that_is_not_known()
    {
        var unlabelled = Bars.Of(8, labelled: false);

        Assert.StartsWith("The data set bars has changed", Refused(Options, At(1, 1) with { Dataset = "other" }, Data), StringComparison.Ordinal);
        Assert.StartsWith("A conditional run needs at least two", Refused(Options with { Conditional = true }, null, unlabelled), StringComparison.Ordinal);
        Assert.Equal(
            "The run was started with precision fp8; this worker supports fp32 and bf16.", Refused(Options, At(1, 1) with { Precision = "fp8" }, Data));
        Assert.NotNull(SliceSteps.StartOf(Request, Options with { Conditional = true }, null, Data));
    }

    [Theory]
    [InlineData(0, 1, 0)]
    [InlineData(1, 2, 1)]
    [InlineData(2, 3, 2)]
    [InlineData(3, 3, 3)]
    public async Task Remove_files_in_three_attempts_and_leave_the_rest_to_the_next_commit(int failures, int attempts, int warnings)
    {
        using var bench = await TrainingBench.CreateAsync(azurite);
        var calls = 0;

        await bench.Steps.RemoveAsync("a", () => ++calls <= failures ? throw new RequestFailedException("no answer") : Task.CompletedTask);

        Assert.Equal(attempts, calls);
        Assert.Equal(
            Enumerable.Range(1, warnings).Select(attempt => $"(attempt {attempt} of 3)"),
            bench.Log.Lines.Where(line => line.Contains("could not remove files", StringComparison.Ordinal)).Select(line => line[line.IndexOf('(')..(line.IndexOf(')') + 1)]));
    }

    [Fact]
    public async Task Do_not_hide_other_failures_of_a_removal()
    {
        using var bench = await TrainingBench.CreateAsync(azurite);

        await Assert.ThrowsAsync<InvalidOperationException>(() => bench.Steps.RemoveAsync("a", () => throw new InvalidOperationException()));
    }

    [Theory]
    [InlineData(false, true, false)]
    [InlineData(true, true, true)] // they may be those of a new run with this id
    [InlineData(true, false, false)]
    public async Task Withdraw_files_that_no_checkpoint_will_reference(bool isSuperseded, bool hasRow, bool areKept)
    {
        using var bench = await TrainingBench.CreateAsync(azurite);
        if (hasRow) await bench.Runs.TryClaimAsync(new RunRow { RowKey = "a", InstanceId = "two" }, Cancellation);
        var manifest = At(1, 1);
        var begin = new TaskCompletionSource();
        async Task UploadAsync()
        {
            await begin.Task;
            await bench.Checkpoints.UploadAsync(manifest, [1], [2], Cancellation);
        }

        var withdrawn = bench.Steps.WithdrawAsync(manifest, UploadAsync(), isSuperseded);
        begin.SetResult();
        await withdrawn;

        Assert.Equal(areKept ? 2 : 0, (await bench.Checkpoints.ListFilesAsync("a", Cancellation)).Count);
    }

    [Fact]
    public async Task Log_an_epoch_with_its_mean_losses()
    {
        using var bench = await TrainingBench.CreateAsync(azurite);
        var epoch = At(2, 2) with { Attempt = 1, EpochSums = new(4, 6, 1, 0.5) };

        var row = bench.Steps.RowOf(new(epoch, null, null, null), 7);

        Assert.Equal(("a", null, 2.0, 3.0, 0.5, 0.25, 7.0),
            (row.PartitionKey, row.Step(), row.DiscriminatorLoss, row.GeneratorLoss, row.RealScore, row.FakeScore, row.ImagesPerSecond));
    }

    [Fact]
    public async Task Remove_what_has_expired_after_a_commit()
    {
        using var bench = await TrainingBench.CreateAsync(azurite);
        var options = Options with { KeepTraining = 1, KeepGenerators = 1 };
        foreach (byte epoch in (byte[])[1, 2])
        {
            var (generator, training) = ((byte[])[epoch], (byte[])[10, epoch]);
            var manifest = new Manifest(At(epoch, 2).ToCursor(), BlobReference.Of(generator), BlobReference.Of(training));
            await bench.Steps.CommitAsync(manifest, grid: null, bench.Checkpoints.UploadAsync(manifest, generator, training, Cancellation), options);
        }

        Assert.Equal(
            ((byte[][])[[2], [10, 2]]).Select(file => BlobReference.Of(file).Sha256).Order(), (await bench.Checkpoints.ListFilesAsync("a", Cancellation)).Order());
    }

    [Theory]
    [InlineData(Desired.Run, 0, SliceOutcome.Continue, 1, null)]
    [InlineData(Desired.Pause, 0, SliceOutcome.Paused, 0, null)] // which the user wants
    [InlineData(Desired.Run, 1, SliceOutcome.Diverged, 1, "The training diverged: it is NaN.")]
    public async Task Roll_back_a_run_that_diverged_if_it_may(Desired desired, int attempt, SliceOutcome outcome, int next, string? reason)
    {
        using var bench = await TrainingBench.CreateAsync(azurite);
        await bench.StartAsync("a", Options with { Epochs = 3, OnDivergence = DivergencePolicy.RollBack, MaxRollBacks = 1 });
        await bench.ChangeAsync("a", row => row.Desired = desired);

        var result = await bench.Steps.RunAsync(
            "test", new("a", "one", attempt), slice => bench.Steps.EndDivergedAsync(slice, At(2, 1).ToCursor() with { Attempt = attempt }, At(1, 2), "it is NaN"),
            Cancellation);

        Assert.Equal(new SliceResult(outcome, next, 1, reason), result);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Return_the_run_to_the_queue_when_the_host_stops_unless_it_was_deleted(bool isDeleted)
    {
        using var bench = await TrainingBench.CreateAsync(azurite);
        using var host = new CancellationTokenSource();
        await bench.StartAsync("a", Options);

        var result = bench.Steps.RunAsync("test", new("a", "one", 0), StopAsync, host.Token);

        if (isDeleted) await Assert.ThrowsAsync<OperationCanceledException>(() => result);
        else Assert.Equal((new SliceResult(SliceOutcome.Continue, 0, 0), Phase.Queued), (await result, (await bench.Runs.FindAsync("a", Cancellation))!.Phase));

        async Task<SliceResult> StopAsync(Slice slice)
        {
            if (isDeleted) await bench.Runs.DeleteAsync("a", Cancellation);
            await host.CancelAsync();
            throw new OperationCanceledException(slice.Stopping);
        }
    }

    [Fact]
    public async Task Find_that_a_run_diverged_whose_pictures_are_not_finite()
    {
        using var bench = await TrainingBench.CreateAsync(azurite);
        await BarsReference.StoreAsync(bench.Container);
        var options = Options with { Preset = Preset.Compact, WidthMultiplier = NetworkFamilies.MinWidth, QualitySamples = 100 };
        var (data, reference) = await bench.Steps.LoadAsync(new() { OptionsJson = OptionsReader.Write(options), TargetEpochs = 1 }, 1, Cancellation);
        using var held = reference;
        using var networks = new GanNetworks(options, Precision.Fp32, new(1, 0), data.Train.Shape, ClassLabels.None);
        Assert.Null(SliceSteps.Measure(networks, At(1, 2), options, data, reference).Divergence);
        using (no_grad()) networks.Average.parameters().Last()[0] = tensor(float.NaN);

        var epoch = SliceSteps.Measure(networks, At(1, 2), options, data, reference);

        Assert.Equal(("a generated picture is NaN or infinite after epoch 1, step 2", null, null), (epoch.Divergence, epoch.Grid, epoch.Quality));
    }

    private static (int Attempt, int Epoch, int Step) PositionOf(TrainingCursor cursor) => (cursor.Attempt, cursor.Epoch, cursor.Step);

    private static string Refused(TrainingOptions options, Manifest? last, Dataset data) =>
        Assert.Throws<RunRefusedException>(() => SliceSteps.StartOf(Request, options, last, data)).Message;

    private static Manifest At(int epoch, int step) => new(
        TrainingCursor.Beginning("a", 0, Options, Data) with { Epoch = epoch, Step = step }, BlobReference.Of([1]), BlobReference.Of([2]));
}
