using GanFunctions.Core.Checkpoints;
using GanFunctions.Core.Runs;
using GanFunctions.Core.Training;
using GanFunctions.TestKit;

namespace GanFunctions.Core.Tests.Training;

public sealed class A_run_that_this_worker_cannot_train(AzuriteFixture azurite)
{
    [Fact]
    public async Task Is_refused_with_a_reason_and_left_unchanged()
    {
        using var bench = await TrainingBench.CreateAsync(azurite);
        var options = new TrainingOptions { Preset = Preset.Compact, Dataset = TrainingBench.Bars, Epochs = 2, ImagesPerEpoch = 8, BatchSize = 4 };
        var request = await bench.StartAsync("elsewhere", options);
        await bench.TrainAsync(request, TestContext.Current.CancellationToken);
        var first = await bench.LatestAsync("elsewhere");
        await bench.Container.GetBlobClient(RunPaths.Manifest("elsewhere", first.Name))
            .UploadAsync((first with { Precision = "fp8" }).Write(), overwrite: true, TestContext.Current.CancellationToken);

        var result = await bench.TrainAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(SliceOutcome.Refused, result.Outcome);
        Assert.Equal("The run was started with precision fp8; this worker supports fp32 and bf16.", result.Reason);
        Assert.Equal(first.Name, (await bench.LatestAsync("elsewhere")).Name);
    }
}
