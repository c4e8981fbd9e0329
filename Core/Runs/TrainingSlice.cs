using Azure;
using GanFunctions.Core.Checkpoints;
using GanFunctions.Core.Data;
using GanFunctions.Core.Losses;
using GanFunctions.Core.Memory;
using GanFunctions.Core.Model;
using GanFunctions.Core.Pictures;
using GanFunctions.Core.Quality;
using GanFunctions.Core.Sampling;
using GanFunctions.Core.Storage;
using GanFunctions.Core.Training;
using Microsoft.Extensions.Logging;

namespace GanFunctions.Core.Runs;

/// <summary>
/// Trains one epoch of a run, or the part of it that fits into the time limit: load, train, save, measure, log, commit. The same slice may
/// run twice, even on two workers at once: both do the same work, and the first commit wins.
/// </summary>
public sealed partial class TrainingSlice(
    RunStore runs, CheckpointStore checkpoints, InitialFiles initialFiles, LossLog losses, DatasetCatalog datasets, QualityReferenceStore references,
    GridStore grids, CostSettings costs, TrainingTelemetry telemetry, TimeProvider time, ILogger<TrainingSlice> logger) : IDisposable
{
    private readonly RunLimits _limits = new(costs);
    private readonly Recent<LiveTraining> _warm = new(time, live => live.Dispose()); // left by the last slice of this process, for the next one of the same run

    /// <summary>Runs the slice. It returns after a commit, or after changing nothing.</summary>
    /// <param name="request">The run and its orchestration.</param>
    /// <param name="stopping">Signals that the host is shutting down: the slice commits where it stands and returns.</param>
    public async Task<SliceResult> RunAsync(SliceRequest request, CancellationToken stopping)
    {
        using var span = telemetry.Spans.StartActivity("train slice")?.SetTag("gan.run", request.Run);
        var begun = time.GetTimestamp();
        var record = new SliceRecord(runs, request, new SliceBill(time, begun), _limits, logger);
        return await RunAsync(request, record, begun, stopping) with { Waiter = record.Waiter };
    }

    /// <inheritdoc/>
    public void Dispose() => _warm.Dispose();

    private async Task<SliceResult> RunAsync(SliceRequest request, SliceRecord record, long begun, CancellationToken stopping)
    {
        if (await record.TryBeginAsync(stopping) is not { } row) return new(SliceOutcome.Superseded, request.Attempt, 0);
        try
        {
            return await RunAsync(request, row, record, begun, stopping);
        }
        catch (Exception refusal) when (refusal is RunRefusedException or NewerFormatException)
        {
            return await record.FailAsync(SliceOutcome.Refused, request.Attempt, row.CompletedEpochs, refusal.Message);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            if (!await record.TryReturnToQueueAsync()) throw;
            return new(SliceOutcome.Continue, request.Attempt, row.CompletedEpochs); // nothing was trained yet: the next worker loads again
        }
        catch (Exception failure)
        {
            if (await record.CountFailureAsync(failure)) return new(SliceOutcome.Failed, request.Attempt, row.CompletedEpochs, failure.Message);
            throw;
        }
    }

    private async Task<SliceResult> RunAsync(SliceRequest request, RunRow row, SliceRecord record, long begun, CancellationToken stopping)
    {
        var options = row.Options;
        var live = _warm.Take();
        try
        {
            // Load
            var last = await checkpoints.LoadForTrainingAsync(
                request.Run, request.Attempt, manifest => live?.ContinuesFrom(manifest, request.Attempt) == true, stopping);
            if (IsOver(row, last?.Manifest)) return await record.EndAsync(last?.Manifest);
            var log = new SliceLog(request.Run, runs, losses, logger);
            await using var watch = new RunWatch(runs, request.Run, request.InstanceId, time, logger, log.FlushAsync);
            if (await watch.RunAsync(token => LoadAsync(options, token), stopping) is not (var data, var reference))
                return await record.EndAsync(last?.Manifest);
            using var held = reference;
            var start = StartOf(request, options, last?.Manifest, data);
            (byte[], byte[]?)? initial = last is null && options.InitFrom is { } from ? await initialFiles.LoadAsync(request.Run, from, stopping) : null;
            var classes = options.Conditional && row.Classes is null ? data.Labels : null; // the run keeps those that it began with
            if (row.Phase == Phase.Preparing || row.StepsPerEpoch != start.StepsPerEpoch || classes is not null)
                await record.SetTrainingAsync(start.StepsPerEpoch, classes, stopping);

            // Train, save and measure, on a thread of its own
            var deadline = begun + (long)(_limits.SecondsOfSlice(row) * time.TimestampFrequency);
            var trained = await TrainingThread.RunAsync(start.Threads, () =>
            {
                if (last is not { Generator: null }) // the networks in memory, if any, do not continue from this checkpoint
                {
                    live?.Dispose();
                    live = null; // in case the constructor throws
                    live = new LiveTraining(options, start, last, data, initial);
                }
                return Train(live!, start, options, data, reference, watch, log, deadline, stopping);
            });

            // Log: before the commit, because no slice repeats these steps after it
            await watch.StopAsync();
            if (!watch.IsSuperseded) await log.CompleteAsync();
            if (watch.IsSuperseded || trained.Divergence is not null) await WithdrawAsync(trained, watch.IsSuperseded);
            if (watch.IsSuperseded) return new(SliceOutcome.Superseded, start.Attempt, start.CompletedEpochs);
            if (trained.Divergence is { } reason) return await EndDivergedAsync(record, options, start, last?.Manifest, reason);

            // Commit
            var committed = await CommitAsync(trained, options);
            telemetry.Slice(request.Run, time.GetElapsedTime(begun));
            var result = await record.EndAsync(committed);
            if (!trained.CanContinue || result.Outcome != SliceOutcome.Continue) return result;
            live!.MarkCommitted(trained.Manifest!); // ours, even if another worker's manifest was committed
            _warm.Keep(live);
            live = null;
            return result;
        }
        finally
        {
            live?.Dispose();
            FreedMemory.ReturnNative();
        }
    }

    private bool IsOver(RunRow row, Manifest? last) =>
        row.Desired != Desired.Run || last?.CompletedEpochs >= row.TargetEpochs || EarlyStopping.ReasonToStop(row, last) is not null
        || _limits.ReasonToStop(row) is not null;

    private async Task<Tuple<Dataset, QualityReference?>> LoadAsync(TrainingOptions options, CancellationToken cancellation)
    {
        var data = await LoadDatasetAsync(options.Dataset, cancellation);
        return new(data, options.QualitySamples > 0 ? await references.GetAsync(data, cancellation) : null);
    }

    private async Task<Dataset> LoadDatasetAsync(string name, CancellationToken cancellation)
    {
        while (true)
        {
            try
            {
                return await datasets.LoadAsync(name, cancellation);
            }
            catch (DatasetMemoryException) // requests that need another data set end within seconds
            {
                await Task.Delay(TimeSpan.FromSeconds(1), time, cancellation);
            }
        }
    }

    /// <summary>The position that this slice starts from.</summary>
    /// <exception cref="RunRefusedException">
    /// The data set has changed or does not work with the options, or this worker does not support the run's precision.
    /// </exception>
    private static TrainingCursor StartOf(SliceRequest request, TrainingOptions options, Manifest? last, Dataset data)
    {
        var start = last?.ToNextStep() ?? TrainingCursor.Beginning(request.Run, request.Attempt, options, data);
        start.CheckDataset(data.Name, data.Sha256);
        options.CheckClasses(data.Name, data.Train.DistinctLabels().Count);
        if (Precisions.Parse(start.Precision) is null)
            throw new RunRefusedException($"The run was started with precision {start.Precision}; this worker supports fp32 and bf16.");
        return start with { Attempt = Math.Max(request.Attempt, start.Attempt) };
    }

    /// <summary>Trains, saves, and during the upload either measures the epoch or trains ahead. Runs on the training thread.</summary>
    private Trained Train(
        LiveTraining live, TrainingCursor start, TrainingOptions options, Dataset dataset, QualityReference? reference, RunWatch watch, SliceLog log,
        long deadline, CancellationToken stopping)
    {
        // Train
        live.MoveTo(start);
        LogTraining(start.Run, start.Attempt, live.Position.Epoch, live.Position.Step, live.Source);
        live.Unlogged.ForEach(log.Add);
        live.Unlogged.Clear();
        using var data = live.Pictures(dataset.Train);
        var (first, begun, speed) = (live.Position.Step, time.GetTimestamp(), double.NaN);
        while (!live.Position.IsEpochEnd && (live.Position.Step == first || !(IsInterrupted() || time.GetTimestamp() > deadline)))
        {
            var measured = live.Step(data);
            var (epoch, step) = (live.Position.Epoch, live.Position.Step);
            speed = (step - first) * options.BatchSize / time.GetElapsedTime(begun).TotalSeconds;
            log.Report(new TrainingProgress(start.Attempt, epoch, step, start.StepsPerEpoch, speed, measured));
            if (RowOf(live.Position, options, measured, speed) is { } row)
            {
                log.Add(row);
                telemetry.Step(start.Run, speed, measured);
            }
            if (!measured.AreFinite) return Trained.Diverged($"a loss is NaN or infinite at epoch {epoch}, step {step}: {measured}");
        }
        var place = $"epoch {live.Position.Epoch}, step {live.Position.Step}";
        if (!live.Networks.AreFinite()) return Trained.Diverged($"a weight is NaN or infinite after {place}");
        if (watch.IsSuperseded) return Trained.Diverged("superseded");

        // Save
        var (generator, training) = live.Save();
        var manifest = new Manifest(live.Position, BlobReference.Of(generator), BlobReference.Of(training));
        var uploading = Task.Run(() => checkpoints.UploadAsync(manifest, generator, training, CancellationToken.None), CancellationToken.None);
        if (!manifest.IsEpochEnd)
        {
            var canContinue = IsInterrupted() || TrainAhead(live, options, data, speed, () => uploading.IsCompleted || IsInterrupted());
            return new Trained(manifest, uploading, null, canContinue);
        }

        // Measure: on the training thread, because the last digits depend on the thread count
        var requestedLabels = options.Conditional ? RequestedLabels.Of(dataset.Train, options.QualitySamples) : null;
        var quality = reference?.Measure(live.Networks.Average, options.QualitySamples, requestedLabels)
            ?.WithNames(options.Conditional ? live.Networks.Average.Classes : dataset.Labels);
        log.Add(LossRow.OfEpoch(start.Run, start.Attempt, manifest.Epoch, manifest.MeanLosses, speed, time.GetUtcNow(), quality));
        var divergence = reference is not null && quality is null
            ? $"a generated picture is NaN or infinite after {place}"
            : Divergence.Of(options, manifest.Epoch, manifest.Step, manifest.MeanLosses, start.Best, quality);
        if (divergence is not null) return new Trained(manifest, uploading, null, CanContinue: false, divergence);
        manifest = manifest with { Quality = quality, Best = BestEpoch.Of(start.Best, manifest.Epoch, quality) };
        return new Trained(manifest, uploading, GridOf(live.Networks.Average, options.Seed), CanContinue: true);

        bool IsInterrupted() => watch.IsInterrupted || stopping.IsCancellationRequested;
    }

    /// <summary>
    /// Continues to train while the checkpoint is uploaded. These steps are not committed: the next slice of this process continues from them, and
    /// any other worker repeats them.
    /// </summary>
    /// <returns>Whether the networks can be continued.</returns>
    private bool TrainAhead(LiveTraining live, TrainingOptions options, EpochData data, double speed, Func<bool> shouldStop)
    {
        while (!live.Position.IsEpochEnd && !shouldStop())
        {
            var measured = live.Step(data);
            if (!measured.AreFinite) return false; // the next slice repeats these steps from the commit and detects the divergence
            if (RowOf(live.Position, options, measured, speed) is { } row) live.Unlogged.Add(row);
        }
        return true;
    }

    private LossRow? RowOf(TrainingCursor at, TrainingOptions options, StepLosses measured, double speed) =>
        at.Step % options.LogEvery == 0 || !measured.AreFinite
            ? LossRow.OfStep(at.Run, at.Attempt, at.Epoch, at.Step, measured, speed, time.GetUtcNow())
            : null;

    private static byte[] GridOf(Generator generator, long seed) =>
        PictureGrid.Png(Sampler.Draw(generator, seed, GridStore.Side * GridStore.Side), generator.Shape, GridStore.Side, GridStore.Scale);

    /// <summary>Commits what was trained. A shutdown does not interrupt it.</summary>
    private async Task<Manifest> CommitAsync(Trained trained, TrainingOptions options)
    {
        var begun = time.GetTimestamp();
        var manifest = trained.Manifest!;
        using var span = telemetry.Spans.StartActivity("commit")?.SetTag("gan.checkpoint", manifest.Name);
        if (trained.Grid is { } png) await grids.SaveAsync(manifest.Run, manifest.Epoch, png, CancellationToken.None);
        await trained.Uploading!;
        var committed = await checkpoints.CommitAsync(manifest, CancellationToken.None);
        telemetry.Commit(manifest.Run, time.GetElapsedTime(begun));
        try
        {
            await checkpoints.CollectAsync(committed, options.KeepTraining, CancellationToken.None);
            await checkpoints.DropGeneratorsAsync(committed.Run, options, CancellationToken.None);
        }
        catch (RequestFailedException problem)
        {
            LogNotCollected(manifest.Run, problem.Message); // the next commit tries again
        }
        return committed;
    }

    /// <summary>
    /// Removes uploaded files that no checkpoint will reference. If a new run has the same id, the files may belong to it and are kept.
    /// </summary>
    private async Task WithdrawAsync(Trained trained, bool superseded)
    {
        if (trained is not { Manifest: { } manifest, Uploading: { } uploading }) return;
        await uploading;
        if (superseded && await runs.FindAsync(manifest.Run, CancellationToken.None) is not null) return;
        await checkpoints.WithdrawAsync(manifest, CancellationToken.None);
    }

    /// <summary>Rolls the run back to its last completed epoch or ends it, according to its policy.</summary>
    private async Task<SliceResult> EndDivergedAsync(SliceRecord record, TrainingOptions options, TrainingCursor start, Manifest? last, string reason)
    {
        LogDiverged(start.Run, reason);
        if (options.OnDivergence != DivergencePolicy.RollBack || start.Attempt >= options.MaxRollBacks)
            return await record.FailAsync(SliceOutcome.Diverged, start.Attempt, last?.CompletedEpochs ?? 0, $"The training diverged: {reason}.", last);
        var result = await record.EndAsync(last);
        return result.Outcome == SliceOutcome.Continue ? result with { Attempt = start.Attempt + 1 } : result;
    }

    [LoggerMessage(LogLevel.Information, "Run {Run}: training from attempt {Attempt}, epoch {Epoch}, step {Step}, {Source}")]
    private partial void LogTraining(string run, int attempt, int epoch, int step, string source);

    [LoggerMessage(LogLevel.Warning, "Run {Run}: diverged: {Reason}")]
    private partial void LogDiverged(string run, string reason);

    [LoggerMessage(LogLevel.Warning, "Run {Run}: could not remove expired files; the next commit tries again. {Problem}")]
    private partial void LogNotCollected(string run, string problem);

    /// <summary>The result of the training thread.</summary>
    /// <param name="Manifest">The checkpoint to commit; null if the training diverged before it was saved.</param>
    /// <param name="Uploading">The upload of its files.</param>
    /// <param name="Grid">The epoch's sample grid as PNG; null within an epoch.</param>
    /// <param name="CanContinue">Whether the next slice can continue with the networks in memory.</param>
    /// <param name="Divergence">Why the training diverged; null if it did not.</param>
    private sealed record Trained(Manifest? Manifest, Task? Uploading, byte[]? Grid, bool CanContinue, string? Divergence = null)
    {
        public static Trained Diverged(string reason) => new(null, null, null, CanContinue: false, reason);
    }
}
