using GanFunctions.Core.Checkpoints;
using GanFunctions.Core.Runs;
using GanFunctions.Core.Tests.Data;
using GanFunctions.Core.Tests.Quality;
using GanFunctions.Core.Training;
using GanFunctions.TestKit;
using Microsoft.Extensions.Time.Testing;

namespace GanFunctions.Core.Tests.Training;

public sealed class A_run_whose_pictures_are_measured(AzuriteFixture azurite)
{
    private static readonly TrainingOptions Small = new()
    {
        Preset = Preset.Compact,
        Dataset = TrainingBench.Bars,
        Epochs = 3,
        ImagesPerEpoch = 12 * 8,
        BatchSize = 8,
        QualitySamples = 200,
        LearningRate = 1e-3,
        EmaDecay = 0.9,
    };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(Preset.Compact)]
    [InlineData(Preset.Tutorial)]
    public async Task Gives_the_same_measurements_when_interrupted(Preset preset)
    {
        var time = new FakeTimeProvider();
        using var bench = await TrainingBench.CreateAsync(azurite, time);
        var options = Presets.Of(preset) with { Dataset = TrainingBench.Bars, Epochs = 2, ImagesPerEpoch = 12 * 8, BatchSize = 8, QualitySamples = 200 };
        await bench.TrainToTheEndAsync(await bench.StartAsync("whole", options, measured: true));

        time.AutoAdvanceAmount = TimeSpan.FromSeconds(options.MaxSliceSeconds) / 5; // interrupted after one to three steps
        await bench.TrainToTheEndAsync(await bench.StartAsync("cut", options, measured: true));

        var (whole, cut) = (await bench.Checkpoints.ListAsync("whole", Cancellation), await bench.Checkpoints.ListAsync("cut", Cancellation));
        Assert.True(cut.Count > whole.Count, "it was not interrupted");
        Assert.Equal(
            whole.Select(manifest => (manifest with { Run = "cut" }).Write().ToString()),
            cut.Where(manifest => manifest.IsEpochEnd).Select(manifest => manifest.Write().ToString()));
        Assert.All(cut, manifest => Assert.Equal(manifest.IsEpochEnd, manifest.Quality is not null));
    }

    [Fact]
    public async Task Records_the_quality_of_every_epoch_and_the_best_one()
    {
        using var bench = await TrainingBench.CreateAsync(azurite);

        await bench.TrainToTheEndAsync(await bench.StartAsync("measured", Small, measured: true));

        var manifests = await bench.Checkpoints.ListAsync("measured", Cancellation);
        var distances = manifests.Select(manifest => manifest.Quality!.FrechetDistance).ToList();
        Assert.Equal(distances.Index().Select(epoch => distances.Take(epoch.Index + 1).Min()), manifests.Select(manifest => manifest.Best!.FrechetDistance));
        Assert.All(manifests, manifest => Assert.Equal([0, 1, 2, 3], manifest.Quality!.Classes!.Shares.Select(share => share.Label)));
        var row = (await bench.Runs.FindAsync("measured", Cancellation))!;
        Assert.Equal((3, manifests[2].Quality), (row.QualityEpoch, row.Quality));
        Assert.Equal((distances.IndexOf(distances.Min()) + 1, distances.Min()), (row.BestEpoch, row.BestDistance));
        var logged = await bench.Losses.ReadAsync("measured", Cancellation).Where(loss => loss.Step() is null).ToListAsync(Cancellation);
        Assert.Equal(distances, logged.Select(loss => loss.FrechetDistance!.Value));
        Assert.Equal(manifests.Select(manifest => manifest.Quality!.Classes!.RarestShare), logged.Select(loss => loss.RarestShare!.Value));
    }

    [Fact]
    public async Task Is_measured_as_often_as_its_options_say_and_after_its_last_epoch()
    {
        using var bench = await TrainingBench.CreateAsync(azurite);
        var request = await bench.StartAsync("sometimes", Small with { QualityEvery = 2 }, measured: true);

        await bench.TrainToTheEndAsync(request);

        var manifests = await bench.Checkpoints.ListAsync("sometimes", Cancellation);
        Assert.Equal([false, true, true], manifests.Select(manifest => manifest.Quality is not null));
        Assert.Equal(manifests[1].Quality!.FrechetDistance, manifests[1].Best!.FrechetDistance);
        Assert.Null(manifests[0].Best);
        var logged = await bench.Losses.ReadAsync("sometimes", Cancellation).Where(loss => loss.Step() is null).ToListAsync(Cancellation);
        Assert.Equal([null, manifests[1].Quality!.FrechetDistance, manifests[2].Quality!.FrechetDistance], logged.Select(loss => loss.FrechetDistance));
    }

    [Fact]
    public async Task Resumes_from_a_checkpoint_without_measurements()
    {
        using var bench = await TrainingBench.CreateAsync(azurite);
        var request = await bench.StartAsync("older", Small with { Epochs = 2 }, measured: true);
        await bench.TrainAsync(request, Cancellation);
        var first = await bench.LatestAsync("older");
        var text = (first with { Quality = null, Best = null }).Write().ToString();
        var older = string.Join('\n', text.Split('\n').Where(line =>
                !line.Contains("\"quality\"", StringComparison.Ordinal) && !line.Contains("\"best\"", StringComparison.Ordinal)))
            .Replace("},\n}", "}\n}", StringComparison.Ordinal);
        await bench.Container.GetBlobClient(RunPaths.Manifest("older", first.Name)).UploadAsync(new BinaryData(older), overwrite: true, Cancellation);

        Assert.Equal(SliceOutcome.Completed, (await bench.TrainAsync(request, Cancellation)).Outcome);

        var (before, after) = (await bench.Checkpoints.ListAsync("older", Cancellation)) switch { var all => (all[0], all[1]) };
        Assert.Equal((null, 2), (before.Quality, after.Best!.Epoch));
    }
}
