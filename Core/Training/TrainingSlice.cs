using Azure.Storage.Blobs;
using GanFunctions.Core.Checkpoints;
using GanFunctions.Core.Data;
using GanFunctions.Core.Imaging;
using GanFunctions.Core.Losses;
using GanFunctions.Core.Quality;
using GanFunctions.Core.Runs;
using GanFunctions.Core.Sampling;
using Microsoft.Extensions.Logging;
using static TorchSharp.torch;

namespace GanFunctions.Core.Training;

/// <summary>
/// Trains one epoch of a run, or as much of it as fits the time: loads the last checkpoint, trains, logs, and commits the next one. The
/// same slice may run twice, on two workers even: both do the same work, and the first commit wins.
/// </summary>
public sealed partial class TrainingSlice(
    RunStore runs, CheckpointStore checkpoints, LossLog losses, DatasetCatalog datasets, RulerStore rulers, BlobContainerClient container,
    TrainingTelemetry telemetry, TimeProvider time, ILogger<TrainingSlice> logger)
{
    /// <summary>Pictures in the grid of an epoch.</summary>
    public const int GridPictures = 64;

    private const double RollBackFactor = 0.5;

    /// <summary>Runs the slice. It returns committed, or not at all.</summary>
    /// <param name="request">Whose slice, and for which orchestration.</param>
    /// <param name="stopping">The host is going down: commit where it stands.</param>
    public async Task<SliceResult> RunAsync(SliceRequest request, CancellationToken stopping)
    {
        var begun = time.GetTimestamp();
        using var span = telemetry.Spans.StartActivity("train slice")?.SetTag("gan.run", request.Run);

        // Claim
        var claimed = await runs.UpdateAsync(request.Run, row => TryBegin(row, request), stopping);
        if (claimed is not { Row: var row } || !row.IsOpenTo(request.InstanceId)) return new(SliceOutcome.Superseded, request.Attempt, 0);
        try
        {
            return await RunAsync(request, row, begun, stopping);
        }
        catch (RefusedException refusal)
        {
            await LeaveAsync(request);
            return new(SliceOutcome.Refused, request.Attempt, 0, refusal.Message);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            await LeaveAsync(request); // not at work on it, until the next try
            throw;
        }
    }

    private async Task<SliceResult> RunAsync(SliceRequest request, RunRow row, long begun, CancellationToken stopping)
    {
        // Load
        var options = row.Options;
        var last = await checkpoints.LoadForTrainingAsync(request.Run, request.Attempt, stopping);
        var completed = last?.Manifest.CompletedEpochs ?? 0;
        if (row.Desired != Desired.Run || completed >= row.TargetEpochs || Patience.IsOver(row, last?.Manifest) is not null)
            return await EndAsync(request, last?.Manifest);
        var data = await datasets.LoadAsync(options.Dataset, stopping);
        var start = Start(request, options, last?.Manifest, data);
        var ruler = options.QualitySamples > 0 ? await rulers.GetAsync(data, stopping) : null;

        // Train
        LogTraining(request.Run, start.Attempt, start.Epoch, start.Step);
        Work work;
        await using (var watch = new RunWatch(request, runs, losses, time, logger))
        {
            var deadline = begun + (long)(options.MaxSliceSeconds * time.TimestampFrequency);
            work = await TrainingThread.RunAsync(start.Threads, () => Train(
                options, data.Train, ruler, start, last, watch, () => watch.Interrupted || stopping.IsCancellationRequested || time.GetTimestamp() > deadline));

            // Log: before the commit, since nobody would train these steps again to log them
            await watch.CompleteAsync(CancellationToken.None);
            if (watch.Superseded) return new(SliceOutcome.Superseded, start.Attempt, completed);
        }
        if (work.Divergence is { } reason)
        {
            await EndAsync(request, last?.Manifest);
            return Diverged(options, start, completed, reason);
        }

        // Save
        var manifest = start with
        {
            Step = work.Step,
            EpochSums = work.Sums,
            Precision = NameOf(work.Precision),
            Quality = work.Quality,
            Best = BestEpoch.Of(start.Best, start.Epoch, work.Quality),
            Generator = CheckpointStore.Reference(work.Generator),
            Training = CheckpointStore.Reference(work.Training),
        };
        manifest = await CommitAsync(manifest, work);
        telemetry.Slice(request.Run, time.GetElapsedTime(begun));
        return await EndAsync(request, manifest);
    }

    /// <summary>Where this slice begins and what it must obey, as the manifest that its commit will complete.</summary>
    /// <exception cref="RefusedException">The data set changed, or this worker cannot train as the run demands.</exception>
    private static Manifest Start(SliceRequest request, TrainingOptions options, Manifest? last, Dataset data)
    {
        var nothing = new BlobReference("", 0);
        var start = last ?? new Manifest
        {
            Run = request.Run,
            Attempt = request.Attempt,
            Epoch = 1,
            Step = 0,
            StepsPerEpoch = options.StepsPerEpoch(data.Train.Count),
            Generator = nothing,
            Training = nothing,
            Dataset = data.Sha256,
            Precision = NameOf(options.Precision), // settled on the training thread
            Threads = options.Threads ?? Environment.ProcessorCount,
            EpochSums = default,
        };
        if (start.Dataset != data.Sha256)
            throw new RefusedException($"The data set {data.Name} has changed since the run began: it was {start.Dataset} and is {data.Sha256}.");
        if (!Enum.TryParse<Precision>(start.Precision, ignoreCase: true, out _))
            throw new RefusedException($"The run was begun in {start.Precision}; this worker trains in fp32 and bf16 only.");
        if (start.IsEpochEnd) start = start with { Epoch = start.Epoch + 1, Step = 0, EpochSums = default, Quality = null };
        return start with { Attempt = Math.Max(request.Attempt, start.Attempt) };
    }

    private static string NameOf(Precision precision) => precision.ToString().ToLowerInvariant();

    private Work Train(
        TrainingOptions options, ImageSet pictures, Ruler? ruler, Manifest start, Checkpoint? last, RunWatch watch, Func<bool> mustStop)
    {
        var random = new RunRandom(options.Seed, start.Attempt);
        var precision = Arithmetic.Resolve(Enum.Parse<Precision>(start.Precision, ignoreCase: true));
        using var networks = new GanNetworks(options, precision, random);
        var factor = last is null ? 1 : NetworkState.Load(networks, last.Generator, last.Training);
        factor *= Math.Pow(RollBackFactor, start.Attempt - (last?.Manifest.Attempt ?? 0));
        networks.SetLearningRate(options.LearningRate * factor);
        using var data = new EpochData(pictures, options.BatchSize, random, start.Epoch);

        var (step, sums, speed, begun) = (start.Step, start.EpochSums, double.NaN, time.GetTimestamp());
        while (step < start.StepsPerEpoch && (step == start.Step || !mustStop()))
        {
            using var scope = NewDisposeScope();
            var draw = new StepRandom(random, start.Epoch, step);
            var measured = options.Preset == Preset.Tutorial
                ? TutorialStep.Run(networks, options, draw, data.Batch(step))
                : DcganStep.Run(networks, options, draw, data.Batch(step));
            sums += measured;
            step++;

            speed = (step - start.Step) * options.BatchSize / time.GetElapsedTime(begun).TotalSeconds;
            watch.Report(new TrainingProgress(start.Attempt, start.Epoch, step, start.StepsPerEpoch, speed, measured));
            if (step % options.LogEvery == 0 || !measured.AreFinite)
            {
                watch.Log(LossRow.OfStep(start.Run, start.Attempt, start.Epoch, step, measured, speed, time.GetUtcNow()));
                telemetry.Step(start.Run, speed, measured);
            }
            if (!measured.AreFinite) return Work.Failed($"a loss is not finite at epoch {start.Epoch}, step {step}: {measured}");
        }
        if (!networks.AreFinite()) return Work.Failed($"a weight is not finite after epoch {start.Epoch}, step {step}");

        var (generator, training) = NetworkState.Save(networks, options.Norm, factor);
        if (step < start.StepsPerEpoch) return new Work(step, sums, precision, generator, training, null, null, null);

        // Measure: with the threads of the training, on which its last digits depend
        var quality = ruler?.Measure(networks.Average, options.QualitySamples);
        watch.Log(LossRow.OfEpoch(start.Run, start.Attempt, start.Epoch, sums / step, speed, time.GetUtcNow(), quality));
        if (ruler is not null && quality is null) return Work.Failed($"a picture is not finite after epoch {start.Epoch}, step {step}");
        if (Divergence.Of(options, start.Epoch, step, sums / step, start.Best, quality) is { } lost) return Work.Failed(lost);
        var grid = Sampler.Draw(networks.Average, options.Seed, GridPictures);
        return new Work(step, sums, precision, generator, training, quality, grid, null);
    }

    private async Task<Manifest> CommitAsync(Manifest manifest, Work work)
    {
        // Not to be cut short by the host's going down: what was trained is committed.
        var begun = time.GetTimestamp();
        using var span = telemetry.Spans.StartActivity("commit")?.SetTag("gan.checkpoint", manifest.Name);
        if (work.Grid is { } pictures)
        {
            var png = PictureGrid.Png(pictures, GridPictures, 28, 28, columns: 8, scale: 2);
            await container.GetBlobClient(RunPaths.Grid(manifest.Run, manifest.Epoch)).UploadAsync(new BinaryData(png), overwrite: true);
        }
        var committed = await checkpoints.CommitAsync(manifest, work.Generator, work.Training, CancellationToken.None);
        telemetry.Commit(manifest.Run, time.GetElapsedTime(begun));
        return committed;
    }

    [LoggerMessage(LogLevel.Information, "Run {Run}: training from attempt {Attempt}, epoch {Epoch}, step {Step}")]
    private partial void LogTraining(string run, int attempt, int epoch, int step);

    /// <summary>What the training thread hands over to be committed.</summary>
    private sealed record Work(
        int Step, StepLosses Sums, Precision Precision, byte[] Generator, byte[] Training, PictureQuality? Quality, byte[]? Grid, string? Divergence)
    {
        public static Work Failed(string reason) => new(0, default, default, [], [], null, null, reason);
    }
}
