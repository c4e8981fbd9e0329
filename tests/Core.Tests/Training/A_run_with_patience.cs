using GanFunctions.Core.Checkpoints;
using GanFunctions.Core.Runs;
using GanFunctions.Core.Training;
using GanFunctions.TestKit;

namespace GanFunctions.Core.Tests.Training;

public sealed class A_run_with_patience(AzuriteFixture azurite)
{
    // A high learning rate without averaging, so that some epochs are worse than the one before.
    private static readonly TrainingOptions Rough = new()
    {
        Preset = Preset.Compact,
        Dataset = TrainingBench.Bars,
        Epochs = 60,
        ImagesPerEpoch = 4 * 16,
        BatchSize = 16,
        LearningRate = 2e-2,
        EmaDecay = 0,
        QualitySamples = 100,
        Patience = 2,
    };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Completes_early_decides_the_same_after_a_crash_and_continues_when_extended()
    {
        using var bench = await TrainingBench.CreateAsync(azurite);
        var request = await bench.StartAsync("rough", Rough, measured: true);

        var ended = await bench.TrainToTheEndAsync(request);

        var manifests = await bench.Checkpoints.ListAsync("rough", Cancellation);
        Assert.Equal((SliceOutcome.Completed, FirstOutOfPatience(manifests)), (ended.Outcome, ended.CompletedEpochs));
        Assert.InRange(ended.CompletedEpochs, 3, Rough.Epochs - 1);
        var best = manifests.MinBy(manifest => manifest.Quality!.FrechetDistance)!;
        Assert.Equal(FormattableString.Invariant(
            $"The last 2 measured epochs were no better than epoch {best.Epoch}, whose Fréchet distance is {best.Quality!.FrechetDistance}: patience is 2."),
            ended.Reason);

        // As after a crash between the commit and the update of the row
        await bench.Runs.UpdateAsync("rough", row =>
        {
            (row.Phase, row.StoppedEarly) = (Phase.Training, null);
            return true;
        }, Cancellation);
        Assert.Equal(ended, await bench.TrainAsync(request, Cancellation));
        Assert.Equal(manifests.Count, (await bench.Checkpoints.ListAsync("rough", Cancellation)).Count);
        var row = (await bench.Runs.FindAsync("rough", Cancellation))!;
        Assert.Equal((Phase.Completed, ended.Reason), (row.Phase, row.StoppedEarly));

        // As after the user has extended the run
        await bench.Runs.UpdateAsync("rough", row =>
        {
            (row.Phase, row.PatienceStartsAfter, row.TargetEpochs) = (Phase.Queued, ended.CompletedEpochs, ended.CompletedEpochs + 1);
            return true;
        }, Cancellation);
        var extended = await bench.TrainAsync(request, Cancellation);
        Assert.Equal((SliceOutcome.Completed, ended.CompletedEpochs + 1, null), (extended.Outcome, extended.CompletedEpochs, extended.Reason));
    }

    private static int FirstOutOfPatience(IReadOnlyList<Manifest> manifests) => Enumerable.Range(1, manifests.Count).First(epochs =>
        epochs - manifests.Take(epochs).MinBy(manifest => manifest.Quality!.FrechetDistance)!.Epoch >= Rough.Patience);
}
