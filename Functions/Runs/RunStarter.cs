using System.Collections.Concurrent;
using Azure;
using GanFunctions.Core.Runs;
using GanFunctions.Core.Storage;
using GanFunctions.Core.Training;
using GanFunctions.Functions.Claims;
using GanFunctions.Functions.Hosting;
using GanFunctions.Functions.ShortWork;
using GanFunctions.Functions.Training;

namespace GanFunctions.Functions.Runs;

/// <summary>
/// Ties a run to its orchestration: the row in <c>GanRuns</c> is the claim and names a new instance id; then the orchestration is scheduled under
/// that id.
/// </summary>
public sealed partial class RunStarter(RunStore runs, ShortJobs shortWork, TaskHubName hub, TimeProvider time, ILogger<RunStarter> logger)
    : ClaimedWork<RunRow, DurableTaskClient>
{
    private static readonly TimeSpan SilenceLimit = TimeSpan.FromSeconds(30);  // after the claim, the last write or the last sighting of the orchestration
    private static readonly TimeSpan TerminateAfter = TimeSpan.FromSeconds(2); // most orchestrations end by themselves
    private static readonly TimeSpan PurgeTimeout = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(200);

    // When orchestrations were last seen alive, so that listing a hundred waiting runs does not query each of them each time.
    private const int MaxSeen = 10_000;
    private readonly ConcurrentDictionary<string, long> _seenAlive = new();

    /// <summary>Claims an id and schedules the run.</summary>
    /// <param name="client">Schedules it.</param>
    /// <param name="run">The id.</param>
    /// <param name="options">The resolved options.</param>
    /// <param name="cancellation">Cancels the claim.</param>
    /// <param name="notifyUrl">Where to send notices about the run; null for nowhere.</param>
    /// <param name="sweep">The sweep that the run is a trial of.</param>
    /// <param name="waiter">The orchestration to notify when the run has come to rest.</param>
    /// <returns>The new row; null if the id is taken.</returns>
    public async Task<RunRow?> StartAsync(
        DurableTaskClient client, string run, TrainingOptions options, CancellationToken cancellation, string? notifyUrl = null, string? sweep = null,
        string? waiter = null)
    {
        var row = new RunRow
        {
            RowKey = run,
            Sweep = sweep,
            Waiter = waiter,
            CreatedAt = time.GetUtcNow(),
            TargetEpochs = options.Epochs,
            OptionsJson = OptionsReader.Write(options),
            NotifyUrl = notifyUrl,
        };
        Claim(row);
        if (!await runs.TryClaimAsync(row, cancellation)) return null;
        await ScheduleAsync(client, row);
        return row;
    }

    /// <summary>Assigns a new orchestration to a row that is about to be written. It must be scheduled after the write.</summary>
    public void Claim(RunRow row)
    {
        (row.InstanceId, row.Hub, row.ClaimedAt, row.Phase) = (Guid.NewGuid().ToString("N"), hub.Value, time.GetUtcNow(), Phase.Queued);
        (row.Error, row.StoppedEarly, row.Failures) = (null, null, 0);
    }

    /// <inheritdoc/>
    public override async Task ScheduleAsync(DurableTaskClient scheduler, RunRow work)
    {
        await scheduler.ScheduleNewOrchestrationInstanceAsync(
            nameof(TrainGan), new TrainGanInput(work.RowKey, work.Options.Workers), new StartOrchestrationOptions(work.InstanceId), CancellationToken.None);
        LogScheduled(work.RowKey, work.InstanceId);
        if (work.StepsPerEpoch > 0) return;
        try
        {
            await shortWork.AddAsync(new ShortJob(Prepare: new Preparation(work.RowKey, work.InstanceId)));
        }
        catch (Exception unavailable) when (unavailable.IsOfStorage())
        {
            LogNotPrepared(work.RowKey, unavailable.Message);
        }
    }

    /// <summary>
    /// Makes the orchestration read the row at once if it is waiting to retry. Best effort: an orchestration that has just ended refuses the event, and
    /// a running slice reads the row anyway.
    /// </summary>
    public Task WakeAsync(DurableTaskClient client, RunRow row, CancellationToken cancellation) =>
        TrySendAsync(row.InstanceId, () => client.RaiseEventAsync(row.InstanceId, TrainGan.WakeEvent, cancellation: cancellation));

    /// <summary>
    /// Tells the orchestration that waits for a run that the run has come to rest, or is gone, without an orchestration of its own. Best effort: it also
    /// checks now and then.
    /// </summary>
    public Task NotifyAsync(DurableTaskClient client, RunRow row, CancellationToken cancellation) => row.Waiter is { } waiter
        ? TrySendAsync(waiter, () => client.RaiseEventAsync(waiter, TrainGan.RestEvent, row.RowKey, cancellation))
        : Task.CompletedTask;

    /// <summary>
    /// Removes the history of an orchestration that no longer works on its run. Most end by themselves in a moment; one that is queued behind
    /// other runs is terminated.
    /// </summary>
    public async Task PurgeAsync(DurableTaskClient client, string instanceId)
    {
        var (begun, isTerminated) = (time.GetTimestamp(), false);
        while (await client.GetInstanceAsync(instanceId) is { } instance)
        {
            if (instance.IsCompleted)
            {
                await client.PurgeInstanceAsync(instanceId);
                return;
            }
            var waited = time.GetElapsedTime(begun);
            if (waited > PurgeTimeout)
            {
                LogNotPurged(instanceId, instance.RuntimeStatus);
                return;
            }
            if (waited > TerminateAfter && !isTerminated)
            {
                await TrySendAsync(instanceId, () => client.TerminateInstanceAsync(instanceId, CancellationToken.None));
                isTerminated = true;
            }
            await Task.Delay(PollInterval, time);
        }
    }

    /// <inheritdoc/>
    protected override async Task<string?> WhyAbandonedAsync(DurableTaskClient scheduler, RunRow known, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        if (known.IsAtRest || now - known.ClaimedAt < SilenceLimit || now - known.Timestamp < SilenceLimit) return null;
        if (known.Hub is { } other && other != hub.Value) return null; // another app's
        if (_seenAlive.TryGetValue(known.InstanceId, out var seen) && time.GetElapsedTime(seen) < SilenceLimit) return null;
        var instance = await scheduler.GetInstanceAsync(known.InstanceId, cancellation);
        if (instance is null) return $"orchestration {known.InstanceId} does not exist";
        if (instance.IsCompleted)
            return $"orchestration {known.InstanceId} is {instance.RuntimeStatus}: {instance.FailureDetails?.ErrorMessage ?? "no reason given"}";
        if (_seenAlive.Count >= MaxSeen) _seenAlive.Clear();
        _seenAlive[known.InstanceId] = time.GetTimestamp();
        return null;
    }

    /// <inheritdoc/>
    protected override async Task<(RunRow? Now, bool IsOurs)> TryReclaimAsync(RunRow known, CancellationToken cancellation)
    {
        var updated = await runs.UpdateAsync(known.RowKey, row =>
        {
            if (row.InstanceId != known.InstanceId || row.IsAtRest) return false;
            Claim(row);
            return true;
        }, cancellation);
        return (updated?.Row, updated is { Changed: true });
    }

    /// <inheritdoc/>
    protected override void LogRecovering(RunRow work, string reason) => LogRecovering(work.RowKey, reason);

    private async Task TrySendAsync(string instanceId, Func<Task> send)
    {
        try
        {
            await send();
        }
        catch (Exception refusal) when (refusal is not OperationCanceledException)
        {
            LogNotSent(instanceId, refusal.Message);
        }
    }

    [LoggerMessage(LogLevel.Information, "Run {Run}: scheduled as orchestration {InstanceId}")]
    private partial void LogScheduled(string run, string instanceId);

    [LoggerMessage(LogLevel.Warning, "Run {Run}: could not request its preparation; the first slice prepares it. {Problem}")]
    private partial void LogNotPrepared(string run, string problem);

    [LoggerMessage(LogLevel.Debug, "Orchestration {InstanceId}: did not accept a message, probably because it has just ended. {Refusal}")]
    private partial void LogNotSent(string instanceId, string refusal);

    [LoggerMessage(LogLevel.Warning, "Orchestration {InstanceId}: still {Status}; its history is kept")]
    private partial void LogNotPurged(string instanceId, OrchestrationRuntimeStatus status);

    [LoggerMessage(LogLevel.Warning, "Run {Run}: scheduling it again, because {Reason}")]
    private partial void LogRecovering(string run, string reason);
}
