using Azure;
using GanFunctions.Core.Checkpoints;
using GanFunctions.Core.Data;
using GanFunctions.Core.Losses;
using GanFunctions.Core.Memory;
using GanFunctions.Core.Quality;
using GanFunctions.Core.Storage;
using GanFunctions.Core.Training;
using Microsoft.Extensions.Logging;

namespace GanFunctions.Core.Runs;

/// <summary>
/// Trains a run on several workers, in rounds (<see cref="TrainingOptions.RoundSteps"/>): each worker trains on its shard of every batch from the
/// latest checkpoint, and then one of them merges the networks of all and commits the next checkpoint. A worker that is interrupted stores where it
/// stands and continues from there, so that a round has the same result wherever it was cut.
/// </summary>
public sealed partial class TrainingRound(
    SliceSteps steps, RunStore runs, CheckpointStore checkpoints, ShardStore shards, InitialFiles initialFiles, LossLog losses,
    TrainingTelemetry telemetry, TimeProvider time, ILogger<TrainingRound> logger)
{
    /// <summary>Trains the shard of one worker to the end of the round, or as far as the time limit allows, and stores it.</summary>
    /// <param name="request">The run, its orchestration and the worker.</param>
    /// <param name="stopping">Signals that the host is shutting down: the worker stores where it stands and returns.</param>
    public async Task<ShardResult> TrainShardAsync(ShardRequest request, CancellationToken stopping)
    {
        var begun = time.GetUtcNow();
        var (trained, divergence) = (0, (string?)null);
        await steps.RunAsync("train shard", new(request.Run, request.InstanceId, request.Attempt, request.MaxSeconds), async slice =>
        {
            (trained, divergence) = await TrainShardAsync(slice, request.Worker);
            return await slice.Record.EndShardAsync();
        }, stopping);
        return new(begun, trained, divergence);
    }

    /// <summary>
    /// Merges what all workers have trained, if they have completed the round, and commits it. At the beginning of a run it commits the initial
    /// networks, from which the first round trains.
    /// </summary>
    /// <param name="request">The run, its orchestration and what its workers returned.</param>
    /// <param name="stopping">Signals that the host is shutting down.</param>
    public Task<SliceResult> MergeAsync(MergeRequest request, CancellationToken stopping) => steps.RunAsync(
        "merge shards", new(request.Run, request.InstanceId, request.Attempt), slice => MergeAsync(slice, request.Shards), stopping);

    private async Task<(int Steps, string? Divergence)> TrainShardAsync(Slice slice, int worker)
    {
        var (request, row, record, begun, stopping) = slice;
        var (run, options) = (request.Run, row.Options);

        // Load
        if (await checkpoints.LoadForTrainingAsync(run, request.Attempt, _ => false, stopping) is not { } last) return (0, null);
        if (steps.IsOver(row, last.Manifest)) return (0, null);
        var round = BeginningOf(last.Manifest, request);
        var end = Round.EndOf(round, options);
        var stored = (await shards.ListAsync(run, round.Name, stopping)).GetValueOrDefault(worker, -1);
        if (stored == end) return (0, null);
        var from = stored < 0 ? null : await shards.TryLoadAsync(run, round.Name, worker, stored, stopping);
        var log = new SliceLog(run, runs, losses, logger);
        await using var watch = new RunWatch(runs, run, request.InstanceId, time, logger, worker == 0 ? log.FlushAsync : null);
        if (await watch.RunAsync(token => steps.LoadDatasetAsync(options.Dataset, token), stopping) is not { } data) return (0, null);
        var start = SliceSteps.StartOf(request, options, from?.Manifest ?? last.Manifest, data);
        if (row.Phase == Phase.Preparing) await record.SetTrainingAsync(start.StepsPerEpoch, classes: null, stopping);

        // Train and save, on a thread of its own
        var seconds = Math.Min(steps.Limits.SecondsOfSlice(row), request.MaxSeconds / options.Workers ?? double.MaxValue);
        var deadline = begun + (long)(seconds * time.TimestampFrequency);
        var trained = await TrainingThread.RunAsync(start.Threads, () =>
        {
            using var live = new LiveTraining(options, start, from ?? last, data) { Shard = new(worker, options.Workers) };
            LogTraining(run, worker, start.Attempt, start.Epoch, start.Step);
            var divergence = Train(live, end, data, watch, log, () => time.GetTimestamp() > deadline || stopping.IsCancellationRequested);
            return (live.Position, Files: divergence is null && !watch.IsSuperseded ? live.Save() : default, Divergence: divergence);
        });
        FreedMemory.ReturnNative();

        // Log, and store
        await watch.StopAsync();
        if (watch.IsSuperseded) return (0, null);
        if (worker == 0) await log.CompleteAsync();
        if (trained.Divergence is null)
        {
            var (generator, training) = trained.Files;
            var manifest = new Manifest(trained.Position, BlobReference.Of(generator), BlobReference.Of(training));
            await shards.SaveAsync(round.Name, worker, manifest, generator, training, CancellationToken.None);
        }
        telemetry.Slice(run, time.GetElapsedTime(begun));
        return (trained.Position.Step - start.Step, trained.Divergence);
    }

    /// <summary>Trains to a step of the epoch, unless it is interrupted. Runs on the training thread.</summary>
    /// <returns>How the training diverged; null if it did not.</returns>
    private string? Train(LiveTraining live, int end, Dataset dataset, RunWatch watch, SliceLog log, Func<bool> mustStop)
    {
        using var data = live.Pictures(dataset.Train);
        for (var first = live.Position.Step; live.Position.Step < end && (live.Position.Step == first || !(watch.IsInterrupted || mustStop()));)
        {
            var measured = live.Step(data);
            var at = live.Position;
            log.Report(new TrainingProgress(at.Attempt, at.Epoch, at.Step, at.StepsPerEpoch, double.NaN, measured));
            if (live.RowOf(measured, double.NaN, time.GetUtcNow()) is { } row) log.Add(row);
            if (!measured.AreFinite) return $"a loss is NaN or infinite at epoch {at.Epoch}, step {at.Step}: {measured}";
        }
        return live.Networks.AreFinite() ? null : $"a weight is NaN or infinite after epoch {live.Position.Epoch}, step {live.Position.Step}";
    }

    private async Task<SliceResult> MergeAsync(Slice slice, IReadOnlyList<ShardResult> results)
    {
        var (request, row, record, begun, stopping) = slice;
        var (run, options) = (request.Run, row.Options);
        var last = await checkpoints.LoadForTrainingAsync(run, request.Attempt, _ => true, stopping);
        if (steps.IsOver(row, last?.Manifest))
        {
            if (last is not null) await CollectAsync(last.Manifest);
            return await steps.EndAsync(slice, last?.Manifest);
        }
        if (last is null) return await BeginAsync(slice);
        var start = BeginningOf(last.Manifest, request);
        if (results.Select(each => each.Divergence).FirstOrDefault(each => each is not null) is { } reason)
            return await steps.EndDivergedAsync(slice, start, last.Manifest, reason);
        if (await TryMergeAsync(start, options, stopping) is not { } merged) return await record.EndAsync(last.Manifest);

        // Measure
        var (manifest, generator, training) = (merged.Manifest, merged.Generator!, merged.Training!);
        var speed = SpeedOf(results, options);
        var log = new SliceLog(run, runs, losses, logger);
        await using var watch = new RunWatch(runs, run, request.InstanceId, time, logger, log.FlushAsync);
        var epoch = new EpochResult(manifest, null, null, null);
        if (manifest.IsEpochEnd)
        {
            if (await watch.RunAsync(token => steps.LoadAsync(row, manifest.Epoch, token), stopping) is not (var data, var reference))
                return await record.EndAsync(last.Manifest);
            using var held = reference;
            epoch = await TrainingThread.RunAsync(start.Threads, () =>
            {
                using var live = new LiveTraining(options, manifest, merged, data);
                return SliceSteps.Measure(live.Networks, manifest, options, data, reference);
            });
            FreedMemory.ReturnNative();
            log.Add(steps.RowOf(epoch, speed));
        }
        log.Report(new(manifest.Attempt, manifest.Epoch, manifest.Step, manifest.StepsPerEpoch, speed, manifest.MeanLosses));

        // Log and commit
        await watch.StopAsync();
        if (watch.IsSuperseded) return new(SliceOutcome.Superseded, start.Attempt, start.CompletedEpochs);
        await log.CompleteAsync();
        if (epoch.Divergence is { } divergence) return await steps.EndDivergedAsync(slice, start, last.Manifest, divergence);
        var committed = await steps.CommitAsync(
            epoch.Manifest, epoch.Grid, checkpoints.UploadAsync(manifest, generator, training, CancellationToken.None), options);
        await CollectAsync(committed);
        telemetry.Slice(run, time.GetElapsedTime(begun));
        return await record.EndAsync(committed);
    }

    /// <summary>Commits the networks that the first round trains from, so that precision and thread count are the same on all workers.</summary>
    private async Task<SliceResult> BeginAsync(Slice slice)
    {
        var (request, row, record, _, stopping) = slice;
        var options = row.Options;
        await using var watch = new RunWatch(runs, request.Run, request.InstanceId, time, logger);
        if (await watch.RunAsync(token => steps.LoadAsync(row, row.TargetEpochs, token), stopping) is not (var data, var reference)) return await record.EndAsync(null);
        reference?.Dispose(); // built now, so that the first measurement does not wait for it
        var start = SliceSteps.StartOf(request, options, last: null, data);
        (byte[], byte[]?)? initial = options.InitFrom is { } from ? await initialFiles.LoadAsync(request.Run, from, stopping) : null;
        await record.SetTrainingAsync(start.StepsPerEpoch, options.Conditional && row.Classes is null ? data.Labels : null, stopping);
        var (position, (generator, training)) = await TrainingThread.RunAsync(start.Threads, () =>
        {
            using var live = new LiveTraining(options, start, null, data, initial);
            return (live.Position, live.Save());
        });
        if (watch.IsSuperseded) return new(SliceOutcome.Superseded, start.Attempt, 0);
        var manifest = new Manifest(position, BlobReference.Of(generator), BlobReference.Of(training));
        return await record.EndAsync(await steps.CommitAsync(
            manifest, grid: null, checkpoints.UploadAsync(manifest, generator, training, CancellationToken.None), options));
    }

    /// <summary>The mean of what all workers have trained; null if one of them has not completed the round.</summary>
    private async Task<Checkpoint?> TryMergeAsync(TrainingCursor start, TrainingOptions options, CancellationToken cancellation)
    {
        var end = Round.EndOf(start, options);
        var reached = await shards.ListAsync(start.Run, start.Name, cancellation);
        if (Enumerable.Range(0, options.Workers).Any(worker => reached.GetValueOrDefault(worker, -1) != end)) return null;
        using var mean = new StateAverage();
        var (position, losses) = (start, default(StepLosses));
        for (var worker = 0; worker < options.Workers; worker++) // in this order: sums of floating-point numbers depend on it
        {
            if (await shards.TryLoadAsync(start.Run, start.Name, worker, end, cancellation) is not { } shard) return null;
            mean.Add(shard.Generator!, shard.Training!);
            (position, losses) = (shard.Manifest.ToCursor(), losses + shard.Manifest.EpochSums);
        }
        var (generator, training) = mean.ToFiles();
        var manifest = new Manifest(position with { EpochSums = losses / options.Workers }, BlobReference.Of(generator), BlobReference.Of(training));
        return new(manifest, generator, training);
    }

    private Task CollectAsync(Manifest committed) => steps.RemoveAsync(committed.Run, () => shards.CollectAsync(committed, CancellationToken.None));

    /// <summary>Training speed in this round, in pictures per second; NaN if the workers had trained it before.</summary>
    private double SpeedOf(IReadOnlyList<ShardResult> results, TrainingOptions options)
    {
        var pictures = results.Sum(each => each.Steps) * (double)options.BatchSize / options.Workers;
        return pictures > 0 ? pictures / (time.GetUtcNow() - results.Min(each => each.Begun)).TotalSeconds : double.NaN;
    }

    private static TrainingCursor BeginningOf(Manifest last, SliceRequest request) =>
        last.ToNextStep() with { Attempt = Math.Max(request.Attempt, last.Attempt) };

    [LoggerMessage(LogLevel.Information, "Run {Run}: worker {Worker} trains its shard from attempt {Attempt}, epoch {Epoch}, step {Step}")]
    private partial void LogTraining(string run, int worker, int attempt, int epoch, int step);
}

/// <summary>The input of a worker in a round.</summary>
/// <param name="Run">The run's id.</param>
/// <param name="InstanceId">The orchestration's id.</param>
/// <param name="Attempt">Rollbacks so far.</param>
/// <param name="Worker">The worker, from 0.</param>
/// <param name="MaxSeconds">How long all workers together may train at most, in addition to the limits of the run; null for no other limit.</param>
public sealed record ShardRequest(string Run, string InstanceId, int Attempt, int Worker, double? MaxSeconds = null);

/// <summary>What a worker has done.</summary>
/// <param name="Begun">When it began.</param>
/// <param name="Steps">Steps that it trained.</param>
/// <param name="Divergence">How the training diverged; null if it did not.</param>
public sealed record ShardResult(DateTimeOffset Begun, int Steps, string? Divergence);

/// <summary>The input of a merge.</summary>
/// <param name="Run">The run's id.</param>
/// <param name="InstanceId">The orchestration's id.</param>
/// <param name="Attempt">Rollbacks so far.</param>
/// <param name="Shards">What the workers returned.</param>
public sealed record MergeRequest(string Run, string InstanceId, int Attempt, IReadOnlyList<ShardResult> Shards);
