using Azure.Storage.Blobs.Models;
using GanFunctions.Core.Checkpoints;
using GanFunctions.Core.Model;
using GanFunctions.Core.Runs;
using GanFunctions.Core.Storage;
using GanFunctions.Core.Training;
using GanFunctions.TestKit;
using Microsoft.Extensions.Time.Testing;
using static TorchSharp.torch;

namespace GanFunctions.Core.Tests.Training;

public sealed class A_run_on_several_workers(AzuriteFixture azurite)
{
    private const int Workers = 2;
    private const int Batch = 4; // two pictures for each worker
    private const int Steps = 5; // per epoch: rounds of three and two
    private static readonly TrainingOptions Small = new()
    {
        Preset = Preset.Compact,
        HiddenUnits = 32,
        EvenKernels = true,
        Precision = Precision.Fp32,
        Dataset = TrainingBench.Bars,
        Epochs = 2,
        ImagesPerEpoch = Steps * Batch,
        BatchSize = Batch,
        Workers = Workers,
        RoundSteps = 3,
        LogEvery = 1,
    };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Ends_with_the_same_bytes_wherever_a_worker_was_interrupted(bool conditional)
    {
        var time = new FakeTimeProvider();
        using var bench = await TrainingBench.CreateAsync(azurite, time);
        var options = Small with { Conditional = conditional, Dropout = 0.2, Flip = true, AugmentColor = true, AugmentTranslation = true };
        var whole = await bench.TrainRoundsToTheEndAsync(await bench.StartAsync("whole", options), Workers);

        // Each reading of the clock takes a fifth of a slice's time, so that workers stop at different steps.
        time.AutoAdvanceAmount = TimeSpan.FromSeconds(options.MaxSliceSeconds) / 5;
        var merges = 0;
        var cut = await bench.TrainRoundsToTheEndAsync(await bench.StartAsync("cut", options), Workers, () => Task.FromResult(merges++));

        Assert.Equal((SliceOutcome.Completed, SliceOutcome.Completed), (whole.Outcome, cut.Outcome));
        Assert.True(merges > 4, $"{merges} merges: no round was cut");
        var names = (await bench.Checkpoints.ListAsync("whole", Cancellation)).Select(manifest => manifest.Name).ToList();
        Assert.Equal("000-00002-000005", names[^1]);
        Assert.Equal(names, (await bench.Checkpoints.ListAsync("cut", Cancellation)).Select(manifest => manifest.Name));
        Assert.Equal(await bench.LatestAsync("whole"), await bench.LatestAsync("cut") with { Run = "whole" });
        Assert.Empty(await ShardsAsync(bench, "cut"));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Measures_and_logs_its_epochs_like_any_other(int every)
    {
        using var bench = await TrainingBench.CreateAsync(azurite);
        var options = Small with { QualitySamples = 100, QualityEvery = every };

        var result = await bench.TrainRoundsToTheEndAsync(await bench.StartAsync("measured", options, measured: true), Workers);

        Assert.Equal((SliceOutcome.Completed, 2), (result.Outcome, result.CompletedEpochs));
        var rows = await bench.Losses.ReadAsync("measured", Cancellation).ToListAsync(Cancellation);
        Assert.Equal(Steps * 2, rows.Count(row => row.Step() is not null));
        Assert.Equal([every == 1, true], rows.Where(row => row.Step() is null).Select(row => row.FrechetDistance is not null));
        var row = (await bench.Runs.FindAsync("measured", Cancellation))!;
        Assert.True(row is { ImagesPerSecond: > 0, QualityEpoch: 2 });
        Assert.Equal(1 + 4 + 4 * Workers, row.Executions); // the initial networks, four merges, and the shards of each
    }

    [Fact]
    public async Task Trains_a_damaged_shard_again()
    {
        using var bench = await TrainingBench.CreateAsync(azurite);
        await bench.TrainRoundsToTheEndAsync(await bench.StartAsync("whole", Small), Workers);
        var damaged = 0;

        var result = await bench.TrainRoundsToTheEndAsync(await bench.StartAsync("damaged", Small), Workers, async () =>
        {
            if (damaged++ > 0) return;
            var shard = bench.Container.GetBlobClient((await ShardsAsync(bench, "damaged"))[1]);
            var manifest = Manifest.Read(shard.Name, (await shard.DownloadContentAsync(Cancellation)).Value.Content);
            var file = bench.Container.GetBlobClient(RunPaths.Blob("damaged", manifest.Training.Sha256));
            var content = (await file.DownloadContentAsync(Cancellation)).Value.Content.ToArray();
            content[^1] ^= 1;
            await file.UploadAsync(new BinaryData(content), overwrite: true, Cancellation);
        });

        Assert.Equal((SliceOutcome.Completed, 5), (result.Outcome, damaged));
        Assert.Equal(await bench.LatestAsync("whole"), await bench.LatestAsync("damaged") with { Run = "whole" });
    }

    [Fact]
    public async Task That_diverges_rolls_back_like_any_other()
    {
        using var bench = await TrainingBench.CreateAsync(azurite);
        var options = Small with
        {
            LearningRate = 1000,
            AdamEpsilon = 1e-12,
            Beta2 = 0,
            RoundSteps = 100,
            ImagesPerEpoch = 100 * Batch,
            OnDivergence = DivergencePolicy.RollBack,
            MaxRollBacks = 1,
        };

        var result = await bench.TrainRoundsToTheEndAsync(await bench.StartAsync("hopeless", options), Workers);

        Assert.Equal((SliceOutcome.Diverged, 1), (result.Outcome, result.Attempt));
        Assert.Matches("The training diverged: a (loss|weight) is NaN or infinite .*epoch 1, step \\d+", result.Reason);
    }

    [Fact]
    public void Averages_numbers_and_keeps_counters()
    {
        using var average = new StateAverage();
        average.Add(FileOf([1f, 2f], 7), FileOf([4f], 1));
        average.Add(FileOf([3f, 6f], 7), FileOf([8f], 1));

        var (generator, training) = average.ToFiles();

        Assert.Equal(FileOf([2f, 4f], 7), generator);
        Assert.Equal(FileOf([6f], 1), training);
    }

    [Fact]
    public void Is_not_averaged_from_workers_at_different_steps()
    {
        using var average = new StateAverage();
        average.Add(FileOf([1f], 7), FileOf([1f], 1));

        var problem = Assert.Throws<InvalidDataException>(() => average.Add(FileOf([1f], 8), FileOf([1f], 1)));

        Assert.Equal("The counter step of one worker is different.", problem.Message);
    }

    private static byte[] FileOf(float[] weights, long step)
    {
        using var scope = NewDisposeScope();
        return SafeTensors.Write(new Dictionary<string, Tensor> { ["weights"] = tensor(weights), ["step"] = tensor(step) }, new Dictionary<string, string> { ["key"] = "value" });
    }

    private static async Task<List<string>> ShardsAsync(TrainingBench bench, string run) => await bench.Container
        .GetBlobsAsync(new GetBlobsOptions { Prefix = RunPaths.Shards(run) }, Cancellation).Select(blob => blob.Name).ToListAsync(Cancellation);
}
