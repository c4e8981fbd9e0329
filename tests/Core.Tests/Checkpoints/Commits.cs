using GanFunctions.Core.Checkpoints;
using GanFunctions.Core.Quality;
using GanFunctions.Core.Storage;
using GanFunctions.Core.Tests.Training;
using GanFunctions.Core.Training;

namespace GanFunctions.Core.Tests.Checkpoints;

/// <summary>Checkpoints of a run that was never trained, with any bytes as files.</summary>
internal static class Commits
{
    public const string Run = "run";

    public const int StepsPerEpoch = 10;

    public static TrainingCursor Position(int epoch, int step, int stepsPerEpoch = StepsPerEpoch) => new()
    {
        Run = Run,
        Attempt = 0,
        Epoch = epoch,
        Step = step,
        StepsPerEpoch = stepsPerEpoch,
        Dataset = "d",
        Precision = "fp32",
        Threads = 2,
        EpochSums = default,
    };

    public static async Task<Manifest> CommitAsync(this TrainingBench bench, int epoch, int step, byte[] generator, byte[] training, BestEpoch? best = null)
    {
        var cancellation = TestContext.Current.CancellationToken;
        var position = Position(epoch, step) with { EpochSums = new StepLosses(1, 2, 3, 4), Best = best };
        var manifest = new Manifest(position, BlobReference.Of(generator), BlobReference.Of(training));
        await bench.Checkpoints.UploadAsync(manifest, generator, training, cancellation);
        return await bench.Checkpoints.CommitAsync(manifest, cancellation);
    }
}
