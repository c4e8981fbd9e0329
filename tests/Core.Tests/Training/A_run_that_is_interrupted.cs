using GanFunctions.Core.Checkpoints;
using GanFunctions.Core.Runs;
using GanFunctions.Core.Training;
using GanFunctions.TestKit;
using Microsoft.Extensions.Time.Testing;

namespace GanFunctions.Core.Tests.Training;

public sealed class A_run_that_is_interrupted(AzuriteFixture azurite)
{
    private const int Batch = 2; // any batch size shows a difference between the bytes of two runs
    private const int Steps = 6; // per epoch
    private static readonly TrainingOptions Small = new()
    {
        Preset = Preset.Compact,
        Precision = Precision.Fp32,
        Dataset = TrainingBench.Bars,
        Epochs = 2,
        ImagesPerEpoch = Steps * Batch,
        BatchSize = Batch,
        LogEvery = 5,
    };

    [Theory]
    [InlineData(Preset.Dcgan, Precision.Fp32, false)]
    [InlineData(Preset.Dcgan, Precision.Bf16, true)]
    [InlineData(Preset.Tutorial, Precision.Fp32, false)]
    [InlineData(Preset.Compact, Precision.Fp32, true)]
    [InlineData(Preset.Compact, Precision.Bf16, false)]
    public async Task Ends_with_the_same_bytes_as_an_uninterrupted_one(Preset preset, Precision precision, bool conditional)
    {
        var time = new FakeTimeProvider();
        using var bench = await TrainingBench.CreateAsync(azurite, time);
        var options = Presets.Of(preset) with
        {
            Precision = precision,
            Conditional = conditional,
            LearningRateDecay = 0.5,
            Dropout = 0.2,
            Dataset = TrainingBench.Bars,
            Epochs = 2,
            ImagesPerEpoch = Steps * Batch,
            BatchSize = Batch,
            KeepTraining = 99,
        };
        if (preset == Preset.Compact) options = options with { AugmentColor = true, AugmentTranslation = true, AugmentCutout = true, Flip = true };
        var whole = await bench.TrainToTheEndAsync(await bench.StartAsync("whole", options));

        // Each reading of the clock takes a fifth of the slice's time, so that slices end after one to three steps.
        time.AutoAdvanceAmount = TimeSpan.FromSeconds(options.MaxSliceSeconds) / 5;
        var cut = await bench.TrainToTheEndAsync(await bench.StartAsync("cut", options), onOtherWorkers: true);

        Assert.Equal((SliceOutcome.Completed, SliceOutcome.Completed), (whole.Outcome, cut.Outcome));
        Assert.InRange((await bench.Checkpoints.ListAsync("cut", TestContext.Current.CancellationToken)).Count, 1 + options.Epochs, Steps * options.Epochs);
        var (expected, actual) = (await bench.LatestAsync("whole"), await bench.LatestAsync("cut"));
        Assert.Equal((expected.Generator, expected.Training, expected.EpochSums), (actual.Generator, actual.Training, actual.EpochSums));
    }

    [Fact]
    public async Task And_resumed_on_the_same_worker_continues_from_memory_and_ends_with_the_same_bytes()
    {
        var time = new FakeTimeProvider();
        using var bench = await TrainingBench.CreateAsync(azurite, time);
        var options = Small with { ImagesPerEpoch = 10 * Batch, LogEvery = 1 };
        time.AutoAdvanceAmount = TimeSpan.FromSeconds(options.MaxSliceSeconds) / 10;

        await bench.TrainToTheEndAsync(await bench.StartAsync("whole", options with { MaxSliceSeconds = 480 * 1000 }), onOtherWorkers: true);
        await bench.TrainToTheEndAsync(await bench.StartAsync("kept", options));

        var (expected, actual) = (await bench.LatestAsync("whole"), await bench.LatestAsync("kept"));
        Assert.Equal((expected.Generator, expected.Training, expected.EpochSums), (actual.Generator, actual.Training, actual.EpochSums));
        var begun = bench.Log.Lines.Where(line => line.Contains("Run kept: training from", StringComparison.Ordinal)).ToList();
        Assert.True(begun.Count > 3, "it was not interrupted");
        Assert.EndsWith("from the beginning", begun[0], StringComparison.Ordinal);
        Assert.All(begun.Skip(1), line => Assert.EndsWith("from memory", line, StringComparison.Ordinal));
        var rows = await bench.Losses.ReadAsync("kept", TestContext.Current.CancellationToken).ToListAsync(TestContext.Current.CancellationToken);
        Assert.Equal(2 * 10, rows.Count(row => row.Step() is not null)); // including those of steps trained ahead
    }

    [Fact]
    public async Task By_a_pause_in_mid_epoch_resumes_exactly_there()
    {
        var cancellation = TestContext.Current.CancellationToken;
        using var bench = await TrainingBench.CreateAsync(azurite, OneSecondPerStep());
        var options = Small with { ImagesPerEpoch = 100 * Batch, Epochs = 1 };
        var request = await bench.StartAsync("paused", options);

        var training = bench.TrainAsync(request, cancellation);
        await Wait.UntilAsync(async () => (await bench.Runs.FindAsync("paused", cancellation))!.Step > 3, "the first steps");
        await bench.Runs.UpdateAsync("paused", row => { row.Desired = Desired.Pause; return true; }, cancellation);
        var paused = await training;
        var manifest = await bench.LatestAsync("paused");

        Assert.Equal(SliceOutcome.Paused, paused.Outcome);
        Assert.InRange(manifest.Step, 4, manifest.StepsPerEpoch - 1);
        Assert.Equal(Phase.Paused, (await bench.Runs.FindAsync("paused", cancellation))!.Phase);
        Assert.Equal(SliceOutcome.Superseded, (await bench.TrainAsync(request, cancellation)).Outcome);
        Assert.Equal(manifest, await bench.LatestAsync("paused"));

        await bench.Runs.UpdateAsync("paused", row => { (row.Desired, row.Phase) = (Desired.Run, Phase.Queued); return true; }, cancellation);
        Assert.Equal(SliceOutcome.Completed, (await bench.TrainAsync(request, cancellation)).Outcome);
        await bench.TrainToTheEndAsync(await bench.StartAsync("not-paused", options));
        var (expected, actual) = (await bench.LatestAsync("not-paused"), await bench.LatestAsync("paused"));
        Assert.Equal((expected.Generator, expected.Training), (actual.Generator, actual.Training));
    }

    [Fact]
    public async Task Into_time_slices_commits_each_of_them()
    {
        using var bench = await TrainingBench.CreateAsync(azurite, OneSecondPerStep());
        var request = await bench.StartAsync("sliced", Small with { ImagesPerEpoch = 10 * Batch, Epochs = 1, MaxSliceSeconds = 3 });

        var result = await bench.TrainToTheEndAsync(request);

        var manifests = await bench.Checkpoints.ListAsync("sliced", TestContext.Current.CancellationToken);
        Assert.Equal(SliceOutcome.Completed, result.Outcome);
        Assert.True(manifests.Count > 1, "one slice trained the whole run");
        Assert.All(manifests.SkipLast(1), manifest => Assert.False(manifest.IsEpochEnd));
    }

    [Fact]
    public async Task Right_after_its_last_commit_still_removes_what_has_expired()
    {
        var cancellation = TestContext.Current.CancellationToken;
        using var bench = await TrainingBench.CreateAsync(azurite);
        var request = await bench.StartAsync("killed", Small with { Epochs = 3, KeepTraining = 99 });
        await bench.TrainToTheEndAsync(request);
        await bench.Runs.UpdateAsync("killed", row => // which the worker has not updated, and nothing has been removed
        {
            row.Phase = Phase.Training;
            row.OptionsJson = OptionsReader.Write(row.Options with { KeepTraining = 1 });
            return true;
        }, cancellation);

        var end = await bench.TrainToTheEndAsync(request, onOtherWorkers: true);

        var files = await bench.Checkpoints.ListFilesAsync("killed", cancellation);
        Assert.Equal((SliceOutcome.Completed, 3), (end.Outcome, end.CompletedEpochs));
        Assert.Equal(
            [false, false, true], (await bench.Checkpoints.ListAsync("killed", cancellation)).Select(manifest => files.Contains(manifest.Training.Sha256)));
    }

    [Fact]
    public async Task By_its_deletion_leaves_nothing_behind()
    {
        var cancellation = TestContext.Current.CancellationToken;
        using var bench = await TrainingBench.CreateAsync(azurite, OneSecondPerStep());
        var request = await bench.StartAsync("deleted", Small with { ImagesPerEpoch = TrainingBench.Pictures });
        var training = bench.TrainAsync(request, cancellation);
        await Wait.UntilAsync(async () => (await bench.Runs.FindAsync("deleted", cancellation))!.Step > 3, "the first steps");

        await bench.Runs.UpdateAsync("deleted", row =>
        {
            row.Phase = Phase.Cancelled; // a late worker continues to train
            return true;
        }, cancellation);
        await bench.Lifecycle.DeleteAsync("deleted", cancellation);

        Assert.Equal(SliceOutcome.Superseded, (await training).Outcome);
        Assert.Null(await bench.Runs.FindAsync("deleted", cancellation));
        Assert.Empty(await bench.Container.GetBlobsAsync(new() { Prefix = RunPaths.Root("deleted") }, cancellation).ToListAsync(cancellation));
    }

    [Theory]
    [InlineData(Phase.Completed)]
    [InlineData(Phase.Paused)]
    [InlineData(Phase.Failed)]
    public async Task Is_not_restarted_by_a_late_slice_once_it_is_at_rest(Phase phase)
    {
        var cancellation = TestContext.Current.CancellationToken;
        using var bench = await TrainingBench.CreateAsync(azurite);
        var request = await bench.StartAsync("late", Small);
        await bench.Runs.UpdateAsync("late", row => { row.Phase = phase; return true; }, cancellation);

        Assert.Equal(SliceOutcome.Superseded, (await bench.TrainAsync(request, cancellation)).Outcome);
        Assert.Equal(phase, (await bench.Runs.FindAsync("late", cancellation))!.Phase);
    }

    [Fact]
    public async Task By_another_orchestration_leaves_no_trace_of_the_old_one()
    {
        var cancellation = TestContext.Current.CancellationToken;
        using var bench = await TrainingBench.CreateAsync(azurite);
        var request = await bench.StartAsync("taken", Small);
        await bench.Runs.UpdateAsync("taken", row => { row.InstanceId = "two"; return true; }, cancellation);

        Assert.Equal(SliceOutcome.Superseded, (await bench.TrainAsync(request, cancellation)).Outcome);
        Assert.Empty(await bench.Checkpoints.ListAsync("taken", cancellation));
        Assert.Equal(Phase.Queued, (await bench.Runs.FindAsync("taken", cancellation))!.Phase);
    }

    // A clock that advances by half a second whenever it is read. Training reads it twice a step, so the checks of every second happen at each step.
    private static FakeTimeProvider OneSecondPerStep() => new() { AutoAdvanceAmount = TimeSpan.FromSeconds(0.5) };
}
