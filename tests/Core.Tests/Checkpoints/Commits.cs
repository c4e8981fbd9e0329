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

    public static async Task<Manifest> CommitAsync(this TrainingBench bench, int epoch, int step, byte[] generator, byte[] training, BestEpoch? best = null)
    {
        var cancellation = TestContext.Current.CancellationToken;
        var manifest = new Manifest
        {
            Run = Run,
            Attempt = 0,
            Epoch = epoch,
            Step = step,
            StepsPerEpoch = StepsPerEpoch,
            Dataset = "d",
            Precision = "fp32",
            Threads = 2,
            Generator = BlobReference.Of(generator),
            Training = BlobReference.Of(training),
            EpochSums = new StepLosses(1, 2, 3, 4),
            Best = best,
        };
        await bench.Checkpoints.UploadAsync(manifest, generator, training, cancellation);
        return await bench.Checkpoints.CommitAsync(manifest, cancellation);
    }
}
