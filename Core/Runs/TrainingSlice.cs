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
/// Trains one epoch of a run, or the part of it that fits into the time limit: load, train, save, measure, log, commit. The same slice may
/// run twice, even on two workers at once: both do the same work, and the first commit wins.
/// </summary>
public sealed partial class TrainingSlice(
    SliceSteps steps, RunStore runs, CheckpointStore checkpoints, InitialFiles initialFiles, LossLog losses, TrainingTelemetry telemetry,
    TimeProvider time, ILogger<TrainingSlice> logger) : IDisposable
{
    private readonly Recent<LiveTraining> _warm = new(time, live => live.Dispose()); // left by the last slice of this process, for the next one of the same run

    /// <summary>Runs the slice. It returns after a commit, or after changing nothing.</summary>
    /// <param name="request">The run and its orchestration.</param>
    /// <param name="stopping">Signals that the host is shutting down: the slice commits where it stands and returns.</param>
    public Task<SliceResult> RunAsync(SliceRequest request, CancellationToken stopping) => steps.RunAsync("train slice", request, RunAsync, stopping);

    /// <inheritdoc/>
    public void Dispose() => _warm.Dispose();

    private async Task<SliceResult> RunAsync(Slice slice)
    {
        var (request, row, record, begun, stopping) = slice;
        var options = row.Options;
        var live = _warm.Take();
        try
        {
            // Load
            var last = await checkpoints.LoadForTrainingAsync(
                request.Run, request.Attempt, manifest => live?.ContinuesFrom(manifest, request.Attempt) == true, stopping);
            if (steps.IsOver(row, last?.Manifest)) return await steps.EndAsync(slice, last?.Manifest);
            var log = new SliceLog(request.Run, runs, losses, logger);
            await using var watch = new RunWatch(runs, request.Run, request.InstanceId, time, logger, log.FlushAsync);
            if (await watch.RunAsync(token => steps.LoadAsync(row, (last?.Manifest.CompletedEpochs ?? 0) + 1, token), stopping) is not (var data, var reference))
                return await record.EndAsync(last?.Manifest);
            using var held = reference;
            var start = SliceSteps.StartOf(request, options, last?.Manifest, data);
            (byte[], byte[]?)? initial = last is null && options.InitFrom is { } from ? await initialFiles.LoadAsync(request.Run, from, stopping) : null;
            var classes = options.Conditional && row.Classes is null ? data.Labels : null; // the run keeps those that it began with
            if (row.Phase == Phase.Preparing || row.StepsPerEpoch != start.StepsPerEpoch || classes is not null)
                await record.SetTrainingAsync(start.StepsPerEpoch, classes, stopping);

            // Train, save and measure, on a thread of its own
            var seconds = Math.Min(steps.Limits.SecondsOfSlice(row), request.MaxSeconds ?? double.MaxValue);
            var deadline = begun + (long)(seconds * time.TimestampFrequency);
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

            // Log: before the commit, because no slice repeats these steps after it. If it fails, the upload must not go on unobserved
            await watch.StopAsync();
            if (!watch.IsSuperseded) await Task.WhenAll(log.CompleteAsync(), trained.Uploading ?? Task.CompletedTask);
            if ((watch.IsSuperseded || trained.Divergence is not null) && trained is { Manifest: { } uncommitted, Uploading: { } uploading })
                await steps.WithdrawAsync(uncommitted, uploading, watch.IsSuperseded);
            if (watch.IsSuperseded) return new(SliceOutcome.Superseded, start.Attempt, start.CompletedEpochs);
            if (trained.Divergence is { } reason) return await steps.EndDivergedAsync(slice, start, last?.Manifest, reason);

            // Commit
            var committed = await steps.CommitAsync(trained.Manifest!, trained.Grid, trained.Uploading!, options);
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
            if (live.RowOf(measured, speed, time.GetUtcNow()) is { } row)
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
        var uploading = Task.Run(async () =>
        {
            // Files of a run that was deleted and created again meanwhile would stay: they might be those of the new run
            if (!await watch.CheckSupersededAsync()) await checkpoints.UploadAsync(manifest, generator, training, CancellationToken.None);
        }, CancellationToken.None);
        if (!manifest.IsEpochEnd)
        {
            var canContinue = IsInterrupted() || TrainAhead(live, data, speed, () => uploading.IsCompleted || IsInterrupted());
            return new Trained(manifest, uploading, null, canContinue);
        }

        // Measure
        var completed = SliceSteps.Measure(live.Networks, manifest, options, dataset, reference);
        log.Add(steps.RowOf(completed, speed));
        return new Trained(completed.Manifest, uploading, completed.Grid, CanContinue: completed.Divergence is null, completed.Divergence);

        bool IsInterrupted() => watch.IsInterrupted || stopping.IsCancellationRequested;
    }

    /// <summary>
    /// Continues to train while the checkpoint is uploaded. These steps are not committed: the next slice of this process continues from them, and
    /// any other worker repeats them.
    /// </summary>
    /// <returns>Whether the networks can be continued.</returns>
    private bool TrainAhead(LiveTraining live, EpochData data, double speed, Func<bool> shouldStop)
    {
        while (!live.Position.IsEpochEnd && !shouldStop())
        {
            var measured = live.Step(data);
            if (!measured.AreFinite) return false; // the next slice repeats these steps from the commit and detects the divergence
            if (live.RowOf(measured, speed, time.GetUtcNow()) is { } row) live.Unlogged.Add(row);
        }
        return true;
    }

    [LoggerMessage(LogLevel.Information, "Run {Run}: training from attempt {Attempt}, epoch {Epoch}, step {Step}, {Source}")]
    private partial void LogTraining(string run, int attempt, int epoch, int step, string source);

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
