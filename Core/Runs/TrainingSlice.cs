using Azure;
using GanFunctions.Core.Checkpoints;
using GanFunctions.Core.Data;
using GanFunctions.Core.Losses;
using GanFunctions.Core.Model;
using GanFunctions.Core.Pictures;
using GanFunctions.Core.Quality;
using GanFunctions.Core.Sampling;
using GanFunctions.Core.Storage;
using GanFunctions.Core.Training;
using Microsoft.Extensions.Logging;
using static TorchSharp.torch;

namespace GanFunctions.Core.Runs;

/// <summary>
/// Trains one epoch of a run, or as much of it as fits the time: loads the last checkpoint, trains, logs, and commits the next one. The
/// same slice may run twice, on two workers even: both do the same work, and the first commit wins.
/// </summary>
public sealed partial class TrainingSlice(
    RunStore runs, CheckpointStore checkpoints, LossLog losses, DatasetCatalog datasets, QualityReferenceStore rulers, GridStore grids,
    TrainingTelemetry telemetry, TimeProvider time, ILogger<TrainingSlice> logger)
{
    /// <summary>Pictures in the grid of an epoch.</summary>
    public const int GridPictures = GridStore.Side * GridStore.Side;

    private LiveTraining? _live; // of the last commit made here, to go on from

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
            return await EndFailedAsync(request, SliceOutcome.Refused, request.Attempt, row.CompletedEpochs, refusal.Message);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            if (!await TryLeaveAsync(request)) throw;
            return new(SliceOutcome.Continue, request.Attempt, row.CompletedEpochs); // nothing was trained yet: the next worker loads again
        }
        catch (Exception failure)
        {
            if (await CountFailureAsync(request, failure)) return new(SliceOutcome.Failed, request.Attempt, row.CompletedEpochs, failure.Message);
            throw;
        }
    }

    private async Task<SliceResult> RunAsync(SliceRequest request, RunRow row, long begun, CancellationToken stopping)
    {
        // Load
        var options = row.Options;
        using var kept = new Kept(Interlocked.Exchange(ref _live, null));
        var last = await checkpoints.LoadForTrainingAsync(request.Run, request.Attempt, kept.GoesOnFrom(request.Attempt), stopping);
        if (last is not { Generator: null }) kept.Drop();
        var completed = last?.Manifest.CompletedEpochs ?? 0;
        if (row.Desired != Desired.Run || completed >= row.TargetEpochs || EarlyStopping.ReasonToStop(row, last?.Manifest) is not null)
            return await EndAsync(request, last?.Manifest);
        var loaded = await runs.WhileWantedAsync(request.Run, request.InstanceId, async wanted =>
        {
            var data = await datasets.LoadAsync(options.Dataset, wanted);
            return new Loaded(data, options.QualitySamples > 0 ? await rulers.GetAsync(data, wanted) : null);
        }, stopping);
        if (loaded is not { Data: var data, QualityReference: var ruler }) return await EndAsync(request, last?.Manifest);
        var start = Start(request, options, last?.Manifest, data);
        if (row.Phase == Phase.Preparing) await SetTrainingAsync(request, start.StepsPerEpoch, stopping);

        // Train
        Work work;
        await using (var watch = new RunWatch(request, runs, losses, time, logger))
        {
            var deadline = begun + (long)(options.MaxSliceSeconds * time.TimestampFrequency);
            work = await TrainingThread.RunAsync(start.Threads, () =>
            {
                kept.Live ??= new LiveTraining(options, start, last, data.Train);
                return Train(
                    kept.Live, start, options, data.Train, ruler, watch,
                    () => watch.Interrupted || stopping.IsCancellationRequested, () => time.GetTimestamp() > deadline);
            });

            // Log: before the commit, since nobody would train these steps again to log them
            await watch.CompleteAsync(CancellationToken.None);
            if (watch.Superseded || work.Divergence is not null) await WithdrawAsync(work, watch.Superseded);
            if (watch.Superseded) return new(SliceOutcome.Superseded, start.Attempt, completed);
        }
        if (work.Divergence is { } reason)
        {
            return await EndDivergedAsync(request, options, start, last?.Manifest, reason);
        }

        // Save
        var committed = await CommitAsync(work, options.KeepTraining);
        telemetry.Slice(request.Run, time.GetElapsedTime(begun));
        var result = await EndAsync(request, committed);
        if (work.IsGoodToGoOn && result.Outcome == SliceOutcome.Continue) _live = kept.Keep(work.Manifest); // ours, which need not be the one adopted
        return result;
    }

    /// <summary>Where this slice begins and what it must obey, as the manifest that its commit will complete.</summary>
    /// <exception cref="RefusedException">The data set changed, or this worker cannot train as the run demands.</exception>
    private static Manifest Start(SliceRequest request, TrainingOptions options, Manifest? last, Dataset data)
    {
        var start = last ?? LiveTraining.Beginning(request.Run, request.Attempt, options, data);
        if (start.Dataset != data.Sha256)
            throw new RefusedException($"The data set {data.Name} has changed since the run began: it was {start.Dataset} and is {data.Sha256}.");
        if (options.Conditional && data.Train.DistinctLabels().Count < 2)
            throw new RefusedException($"The data set {data.Name} has no labels, or one only: a conditional run needs two different ones at least.");
        if (!Enum.TryParse<Precision>(start.Precision, ignoreCase: true, out _))
            throw new RefusedException($"The run was begun in {start.Precision}; this worker trains in fp32 and bf16 only.");
        if (start.IsEpochEnd) start = start with { Epoch = start.Epoch + 1, Step = 0, EpochSums = default, Quality = null };
        return start with { Attempt = Math.Max(request.Attempt, start.Attempt) };
    }

    /// <summary>Trains, saves, and while that is uploaded either measures the epoch or trains on. On the training thread.</summary>
    private Work Train(
        LiveTraining live, Manifest start, TrainingOptions options, ImageSet pictures, QualityReference? ruler, RunWatch watch, Func<bool> isUnwanted, Func<bool> isTimeUp)
    {
        live.GoTo(start);
        LogTraining(start.Run, start.Attempt, live.Position.Epoch, live.Position.Step, live.Source);
        live.Unlogged.ForEach(watch.Log);
        live.Unlogged.Clear();
        using var data = live.Pictures(pictures);
        var (first, begun, speed) = (live.Position.Step, time.GetTimestamp(), double.NaN);
        while (!live.Position.IsEpochEnd && (live.Position.Step == first || !(isUnwanted() || isTimeUp())))
        {
            var measured = live.Step(data);
            var (epoch, step) = (live.Position.Epoch, live.Position.Step);
            speed = (step - first) * options.BatchSize / time.GetElapsedTime(begun).TotalSeconds;
            watch.Report(new TrainingProgress(start.Attempt, epoch, step, start.StepsPerEpoch, speed, measured));
            if (RowOf(live, options, measured, speed) is { } row)
            {
                watch.Log(row);
                telemetry.Step(start.Run, speed, measured);
            }
            if (!measured.AreFinite) return Work.Failed(live.Position, $"a loss is not finite at epoch {epoch}, step {step}: {measured}");
        }
        var place = $"epoch {live.Position.Epoch}, step {live.Position.Step}";
        if (!live.Networks.AreFinite()) return Work.Failed(live.Position, $"a weight is not finite after {place}");

        var (generator, training) = live.Save();
        var manifest = live.Position with { Generator = BlobReference.Of(generator), Training = BlobReference.Of(training) };
        if (watch.Superseded) return Work.Failed(manifest, "nobody wants it");
        var uploading = Task.Run(() => checkpoints.UploadAsync(manifest, generator, training, CancellationToken.None));
        if (!manifest.IsEpochEnd)
            return new Work(manifest, uploading, null, isUnwanted() || TrainAhead(live, options, data, speed, () => uploading.IsCompleted || isUnwanted()));

        // Measure: with the threads of the training, on which its last digits depend
        var quality = ruler?.Measure(live.Networks.Average, options.QualitySamples, options.Conditional ? WantedLabels.Of(pictures, options.QualitySamples) : null);
        watch.Log(LossRow.OfEpoch(start.Run, start.Attempt, manifest.Epoch, manifest.MeanLosses, speed, time.GetUtcNow(), quality));
        var isLost = ruler is not null && quality is null ? $"a picture is not finite after {place}"
            : Divergence.Of(options, manifest.Epoch, manifest.Step, manifest.MeanLosses, start.Best, quality);
        if (isLost is not null) return Work.Failed(manifest, isLost, uploading);
        manifest = manifest with { Quality = quality, Best = BestEpoch.Of(start.Best, manifest.Epoch, quality) };
        return new Work(manifest, uploading, Grid(live.Networks.Average, options.Seed), IsGoodToGoOn: true);
    }

    /// <summary>Goes on while the commit is written. What that trains is not committed: it is there for the next slice of this worker, and lost else.</summary>
    /// <returns>Whether it is good to go on with.</returns>
    private bool TrainAhead(LiveTraining live, TrainingOptions options, EpochData data, double speed, Func<bool> isEnough)
    {
        while (!live.Position.IsEpochEnd && !isEnough())
        {
            var measured = live.Step(data);
            if (!measured.AreFinite) return false; // the next slice finds that out from the commit
            if (RowOf(live, options, measured, speed) is { } row) live.Unlogged.Add(row);
        }
        return true;
    }

    private LossRow? RowOf(LiveTraining live, TrainingOptions options, StepLosses measured, double speed)
    {
        var at = live.Position;
        return at.Step % options.LogEvery == 0 || !measured.AreFinite
            ? LossRow.OfStep(at.Run, at.Attempt, at.Epoch, at.Step, measured, speed, time.GetUtcNow())
            : null;
    }

    private static byte[] Grid(Model.Generator generator, long seed) =>
        PictureGrid.Png(Sampler.Draw(generator, seed, GridPictures), generator.Shape, GridStore.Side, GridStore.Scale);

    private async Task<Manifest> CommitAsync(Work work, int keepTraining)
    {
        // Not to be cut short by the host's going down: what was trained is committed.
        var begun = time.GetTimestamp();
        var manifest = work.Manifest;
        using var span = telemetry.Spans.StartActivity("commit")?.SetTag("gan.checkpoint", manifest.Name);
        if (work.Grid is { } png)
            await grids.SaveAsync(manifest.Run, manifest.Epoch, png, CancellationToken.None);
        await work.Uploading!;
        var committed = await checkpoints.CommitAsync(manifest, CancellationToken.None);
        telemetry.Commit(manifest.Run, time.GetElapsedTime(begun));
        try
        {
            await checkpoints.CollectAsync(committed, keepTraining, CancellationToken.None);
        }
        catch (RequestFailedException problem)
        {
            LogNotCollected(manifest.Run, problem.Message); // the next commit tries again
        }
        return committed;
    }

    /// <summary>Takes back files that no checkpoint will name. Where the run was begun anew under its name they may be the new one's, and stay.</summary>
    private async Task WithdrawAsync(Work work, bool superseded)
    {
        if (work.Uploading is not { } uploading) return;
        await uploading;
        if (superseded && await runs.FindAsync(work.Manifest.Run, CancellationToken.None) is not null) return;
        await checkpoints.WithdrawAsync(work.Manifest, CancellationToken.None);
    }

    [LoggerMessage(LogLevel.Warning, "Run {Run}: what is no longer needed could not be collected: {Problem}")]
    private partial void LogNotCollected(string run, string problem);

    [LoggerMessage(LogLevel.Information, "Run {Run}: training from attempt {Attempt}, epoch {Epoch}, step {Step}, {Source}")]
    private partial void LogTraining(string run, int attempt, int epoch, int step, string source);

    private sealed record Loaded(Dataset Data, QualityReference? QualityReference);

    /// <summary>What the training thread hands over to be committed.</summary>
    private sealed record Work(Manifest Manifest, Task? Uploading, byte[]? Grid, bool IsGoodToGoOn, string? Divergence = null)
    {
        public static Work Failed(Manifest manifest, string reason, Task? uploading = null) => new(manifest, uploading, null, false, reason);
    }

    /// <summary>A training in memory that ends with the slice, unless it is kept for the next.</summary>
    private sealed class Kept(LiveTraining? live) : IDisposable
    {
        public LiveTraining? Live { get; set; } = live;

        public Predicate<Manifest> GoesOnFrom(int attempt) => last => Live?.GoesOnFrom(last, attempt) == true;

        public void Drop()
        {
            Live?.Dispose();
            Live = null;
        }

        public LiveTraining Keep(Manifest saved)
        {
            var kept = Live!;
            kept.Follows(saved);
            Live = null;
            return kept;
        }

        public void Dispose() => Drop();
    }
}
