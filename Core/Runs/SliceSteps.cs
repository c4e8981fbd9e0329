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

namespace GanFunctions.Core.Runs;

/// <summary>
/// What a slice of a run does whether one worker trains the run (<see cref="TrainingSlice"/>) or several (<see cref="TrainingRound"/>): it begins and
/// ends, loads what it needs, measures a completed epoch, and commits.
/// </summary>
public sealed partial class SliceSteps(
    RunStore runs, CheckpointStore checkpoints, DatasetCatalog datasets, QualityReferenceStore references, GridStore grids, CostSettings costs,
    TrainingTelemetry telemetry, TimeProvider time, ILogger<SliceSteps> logger)
{
    private const int RemovalAttempts = 3; // each is several attempts of the storage client

    /// <summary>The limits of runs.</summary>
    internal RunLimits Limits { get; } = new(costs);

    /// <summary>Runs the work of a slice. It returns after a commit, or after changing nothing.</summary>
    /// <param name="name">Name of its trace span.</param>
    /// <param name="request">The run and its orchestration.</param>
    /// <param name="work">The work, given the run's row.</param>
    /// <param name="stopping">Signals that the host is shutting down.</param>
    internal async Task<SliceResult> RunAsync(string name, SliceRequest request, Func<Slice, Task<SliceResult>> work, CancellationToken stopping)
    {
        using var span = telemetry.Spans.StartActivity(name)?.SetTag("gan.run", request.Run);
        var begun = time.GetTimestamp();
        var record = new SliceRecord(runs, request, new SliceBill(time, begun), Limits, logger);
        return await RunAsync(request, record, begun, work, stopping) with { Waiter = record.Waiter };
    }

    private static async Task<SliceResult> RunAsync(
        SliceRequest request, SliceRecord record, long begun, Func<Slice, Task<SliceResult>> work, CancellationToken stopping)
    {
        if (await record.TryBeginAsync(stopping) is not { } row) return new(SliceOutcome.Superseded, request.Attempt, 0);
        try
        {
            return await work(new(request, row, record, begun, stopping));
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

    /// <summary>Whether the run ends before another step is trained.</summary>
    internal bool IsOver(RunRow row, Manifest? last) =>
        row.Desired != Desired.Run || last?.CompletedEpochs >= row.TargetEpochs || EarlyStopping.ReasonToStop(row, last) is not null
        || Limits.ReasonToStop(row) is not null;

    /// <summary>The data set of a run, and what an epoch is measured with, if it is.</summary>
    internal async Task<Tuple<Dataset, QualityReference?>> LoadAsync(RunRow row, int epoch, CancellationToken cancellation)
    {
        var options = row.Options;
        var data = await LoadDatasetAsync(options.Dataset, cancellation);
        return new(data, options.IsMeasured(epoch, row.TargetEpochs) ? await references.GetAsync(data, cancellation) : null);
    }

    /// <summary>The data set of a run. Waits while other work needs the memory.</summary>
    internal async Task<Dataset> LoadDatasetAsync(string name, CancellationToken cancellation)
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

    /// <summary>The position that a slice starts from.</summary>
    /// <exception cref="RunRefusedException">
    /// The data set has changed or does not work with the options, or this worker does not support the run's precision.
    /// </exception>
    internal static TrainingCursor StartOf(SliceRequest request, TrainingOptions options, Manifest? last, Dataset data)
    {
        var start = last?.ToNextStep() ?? TrainingCursor.Beginning(request.Run, request.Attempt, options, data);
        start.CheckDataset(data.Name, data.Sha256);
        options.CheckClasses(data.Name, data.Train.DistinctLabels().Count);
        if (Precisions.Parse(start.Precision) is null)
            throw new RunRefusedException($"The run was started with precision {start.Precision}; this worker supports fp32 and bf16.");
        return start with { Attempt = Math.Max(request.Attempt, start.Attempt) };
    }

    /// <summary>
    /// Measures a completed epoch and draws its grid. Must be called on the training thread, because the last digits depend on the thread count.
    /// </summary>
    internal static EpochResult Measure(GanNetworks networks, Manifest manifest, TrainingOptions options, Dataset data, QualityReference? reference)
    {
        var requestedLabels = options.Conditional ? RequestedLabels.Of(data.Train, options.QualitySamples) : null;
        var quality = reference?.Measure(networks.Average, options.QualitySamples, requestedLabels)
            ?.WithNames(options.Conditional ? networks.Average.Classes : data.Labels);
        var divergence = reference is not null && quality is null
            ? $"a generated picture is NaN or infinite after epoch {manifest.Epoch}, step {manifest.Step}"
            : Divergence.Of(options, manifest.Epoch, manifest.Step, manifest.MeanLosses, manifest.Best, quality);
        if (divergence is not null) return new(manifest, quality, null, divergence);
        var measured = manifest with { Quality = quality, Best = BestEpoch.Of(manifest.Best, manifest.Epoch, quality) };
        return new(measured, quality, GridOf(networks.Average, options.Seed), null);
    }

    /// <summary>The row of the loss log for a completed epoch.</summary>
    /// <param name="epoch">The epoch.</param>
    /// <param name="speed">Training speed, in pictures per second.</param>
    internal LossRow RowOf(EpochResult epoch, double speed)
    {
        var at = epoch.Manifest;
        return LossRow.OfEpoch(at.Run, at.Attempt, at.Epoch, at.MeanLosses, speed, time.GetUtcNow(), epoch.Quality);
    }

    /// <summary>Commits a checkpoint. A shutdown does not interrupt it.</summary>
    /// <param name="manifest">The checkpoint.</param>
    /// <param name="grid">Its grid as PNG; null within an epoch.</param>
    /// <param name="uploading">The upload of its files.</param>
    /// <param name="options">The run's options.</param>
    /// <returns>The committed manifest, perhaps that of another worker.</returns>
    internal async Task<Manifest> CommitAsync(Manifest manifest, byte[]? grid, Task uploading, TrainingOptions options)
    {
        var begun = time.GetTimestamp();
        using var span = telemetry.Spans.StartActivity("commit")?.SetTag("gan.checkpoint", manifest.Name);
        if (grid is not null) await grids.SaveAsync(manifest.Run, manifest.Epoch, grid, CancellationToken.None);
        await uploading;
        var committed = await checkpoints.CommitAsync(manifest, CancellationToken.None);
        telemetry.Commit(manifest.Run, time.GetElapsedTime(begun));
        await RemoveExpiredAsync(committed, options);
        return committed;
    }

    /// <summary>Ends a slice of a run that is over, and first what a worker that was killed after the last commit had left to do.</summary>
    internal async Task<SliceResult> EndAsync(Slice slice, Manifest? last)
    {
        if (last is not null) await RemoveExpiredAsync(last, slice.Row.Options);
        return await slice.Record.EndAsync(last);
    }

    /// <summary>Removes files that a run no longer needs, as far as the storage permits. It tries several times, because no commit may follow.</summary>
    internal async Task RemoveAsync(string run, Func<Task> remove)
    {
        for (var attempt = 1; attempt <= RemovalAttempts; attempt++)
        {
            try
            {
                await remove();
                return;
            }
            catch (Exception problem) when (problem.IsOfStorage())
            {
                LogNotRemoved(run, attempt, RemovalAttempts, problem.Message);
            }
        }
    }

    private Task RemoveExpiredAsync(Manifest committed, TrainingOptions options) => RemoveAsync(committed.Run, async () =>
    {
        await checkpoints.CollectAsync(committed, options.KeepTraining, CancellationToken.None);
        await checkpoints.DropGeneratorsAsync(committed.Run, options, CancellationToken.None);
    });

    /// <summary>
    /// Removes uploaded files that no checkpoint will reference. If a new run has the same id, the files may belong to it and are kept.
    /// </summary>
    /// <param name="manifest">The checkpoint that is not committed.</param>
    /// <param name="uploading">The upload of its files.</param>
    /// <param name="isSuperseded">Whether the run was deleted or belongs to another orchestration.</param>
    internal async Task WithdrawAsync(Manifest manifest, Task uploading, bool isSuperseded)
    {
        await uploading;
        if (isSuperseded && await runs.FindAsync(manifest.Run, CancellationToken.None) is not null) return;
        await checkpoints.WithdrawAsync(manifest, CancellationToken.None);
    }

    /// <summary>Rolls the run back to its last completed epoch or ends it, according to its policy.</summary>
    /// <param name="slice">The slice.</param>
    /// <param name="start">Where it started.</param>
    /// <param name="last">The checkpoint that it started from.</param>
    /// <param name="reason">How the training diverged.</param>
    internal async Task<SliceResult> EndDivergedAsync(Slice slice, TrainingCursor start, Manifest? last, string reason)
    {
        LogDiverged(start.Run, reason);
        var options = slice.Row.Options;
        if (options.OnDivergence != DivergencePolicy.RollBack || start.Attempt >= options.MaxRollBacks)
            return await slice.Record.FailAsync(SliceOutcome.Diverged, start.Attempt, last?.CompletedEpochs ?? 0, $"The training diverged: {reason}.", last);
        var result = await slice.Record.EndAsync(last);
        return result.Outcome == SliceOutcome.Continue ? result with { Attempt = start.Attempt + 1 } : result;
    }

    private static byte[] GridOf(Generator generator, long seed) =>
        PictureGrid.Png(Sampler.Draw(generator, seed, GridStore.Side * GridStore.Side), generator.Shape, GridStore.Side, GridStore.Scale);

    [LoggerMessage(LogLevel.Warning, "Run {Run}: diverged: {Reason}")]
    private partial void LogDiverged(string run, string reason);

    [LoggerMessage(LogLevel.Warning, "Run {Run}: could not remove files that are no longer needed (attempt {Attempt} of {Limit}); the next commit removes them. {Problem}")]
    private partial void LogNotRemoved(string run, int attempt, int limit, string problem);
}

/// <summary>A slice that has begun.</summary>
/// <param name="Request">The run and its orchestration.</param>
/// <param name="Row">The run's row at the beginning.</param>
/// <param name="Record">Records how the slice ends.</param>
/// <param name="Begun">The timestamp of the beginning.</param>
/// <param name="Stopping">Signals that the host is shutting down.</param>
internal sealed record Slice(SliceRequest Request, RunRow Row, SliceRecord Record, long Begun, CancellationToken Stopping);

/// <summary>A completed epoch.</summary>
/// <param name="Manifest">Its checkpoint, with the quality of its pictures.</param>
/// <param name="Quality">The quality; null if it is not measured.</param>
/// <param name="Grid">The sample grid as PNG; null if the training diverged.</param>
/// <param name="Divergence">Why the training diverged; null if it did not.</param>
internal sealed record EpochResult(Manifest Manifest, PictureQuality? Quality, byte[]? Grid, string? Divergence);
