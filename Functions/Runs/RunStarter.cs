using System.Collections.Concurrent;
using Azure;
using GanFunctions.Core.Runs;
using GanFunctions.Core.Training;
using GanFunctions.Functions.Hosting;
using GanFunctions.Functions.ShortWork;
using GanFunctions.Functions.Training;

namespace GanFunctions.Functions.Runs;

/// <summary>
/// Ties a run to its orchestration: the row in <c>GanRuns</c> is the claim, then the orchestration is scheduled under the fresh
/// instance id that the row names. What a crash leaves between the two is taken up again by <see cref="RecoverAsync"/>.
/// </summary>
public sealed partial class RunStarter(RunStore runs, ShortJobs shortWork, TaskHubName hub, TimeProvider time, ILogger<RunStarter> logger)
{
    /// <summary>A claim without an orchestration is taken over after this long.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan LastTurn = TimeSpan.FromSeconds(2);  // for an orchestration to end by itself
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15); // for it to be ended
    private static readonly TimeSpan AskAgain = TimeSpan.FromMilliseconds(200);

    // When orchestrations were seen alive, so that listing a hundred waiting runs does not query each of them each time.
    private const int MaxSeen = 10_000;
    private readonly ConcurrentDictionary<string, long> _seenAlive = new();

    /// <summary>Claims the id and schedules the training.</summary>
    /// <returns>The new row, or null when the id is taken.</returns>
    public async Task<RunRow?> StartAsync(DurableTaskClient client, string run, TrainingOptions options, CancellationToken cancellation)
    {
        var row = new RunRow
        {
            RowKey = run,
            CreatedAt = time.GetUtcNow(),
            TargetEpochs = options.Epochs,
            OptionsJson = OptionsReader.Write(options),
        };
        Claim(row);
        if (!await runs.TryClaimAsync(row, cancellation)) return null;
        await ScheduleAsync(client, row);
        return row;
    }

    /// <summary>Gives a row that is about to be written a fresh orchestration, to be scheduled once it is.</summary>
    public void Claim(RunRow row)
    {
        (row.InstanceId, row.Hub, row.ClaimedAt, row.Phase) = (Guid.NewGuid().ToString("N"), hub.Value, time.GetUtcNow(), Phase.Queued);
        (row.Error, row.StoppedEarly, row.Failures) = (null, null, 0);
    }

    /// <summary>Schedules the orchestration that the row names. Not to be cut short: the row is written, and says that there is one.</summary>
    public async Task ScheduleAsync(DurableTaskClient client, RunRow row)
    {
        await client.ScheduleNewOrchestrationInstanceAsync(
            nameof(TrainGan), new TrainGanInput(row.RowKey), new StartOrchestrationOptions(row.InstanceId), CancellationToken.None);
        LogScheduled(row.RowKey, row.InstanceId);
        if (row.StepsPerEpoch > 0) return;
        try
        {
            await shortWork.AddAsync(new ShortJob(Prepare: new Preparation(row.RowKey, row.InstanceId)));
        }
        catch (Exception silent) when (silent is RequestFailedException or AggregateException)
        {
            LogNotPrepared(row.RowKey, silent.Message); // its first slice prepares by itself
        }
    }

    /// <summary>
    /// Has the orchestration look at the row at once. Only a hint: one that has just ended refuses it, and whatever works on the run
    /// reads the row by itself.
    /// </summary>
    public async Task WakeAsync(DurableTaskClient client, RunRow row, CancellationToken cancellation)
    {
        await TellAsync(row.InstanceId, () => client.RaiseEventAsync(row.InstanceId, TrainGan.WakeEvent, cancellation: cancellation));
    }

    /// <summary>
    /// Removes what is stored of an orchestration that works on its run no more. Most end by themselves in a moment; one that waits
    /// behind other runs is ended.
    /// </summary>
    public async Task PurgeAsync(DurableTaskClient client, string instanceId)
    {
        var (begun, isTold) = (time.GetTimestamp(), false);
        while (await client.GetInstanceAsync(instanceId) is { } instance)
        {
            if (instance.IsCompleted)
            {
                await client.PurgeInstanceAsync(instanceId);
                return;
            }
            var waited = time.GetElapsedTime(begun);
            if (waited > Patience)
            {
                LogNotPurged(instanceId, instance.RuntimeStatus);
                return;
            }
            if (waited > LastTurn && !isTold)
            {
                await TellAsync(instanceId, () => client.TerminateInstanceAsync(instanceId, CancellationToken.None));
                isTold = true;
            }
            await Task.Delay(AskAgain, time);
        }
    }

    /// <summary>
    /// Schedules a run anew whose orchestration was never scheduled, or is gone, half a minute after it was claimed.
    /// </summary>
    /// <returns>The row as it is now.</returns>
    public async Task<RunRow> RecoverAsync(DurableTaskClient client, RunRow row, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        if (row.IsAtRest || now - row.ClaimedAt < Grace || now - row.Timestamp < Grace) return row; // claimed or written just now: alive
        if (row.Hub is { } other && other != hub.Value) return row; // another app's
        if (_seenAlive.TryGetValue(row.InstanceId, out var seen) && time.GetElapsedTime(seen) < Grace) return row;
        var instance = await client.GetInstanceAsync(row.InstanceId, cancellation);
        if (instance is { IsCompleted: false })
        {
            if (_seenAlive.Count >= MaxSeen) _seenAlive.Clear();
            _seenAlive[row.InstanceId] = time.GetTimestamp();
            return row;
        }

        var abandoned = row.InstanceId;
        var taken = await runs.UpdateAsync(row.RowKey, row =>
        {
            if (row.InstanceId != abandoned || row.IsAtRest) return false;
            Claim(row);
            return true;
        }, cancellation);
        if (taken is not { Changed: true, Row: var claimed }) return taken?.Row ?? row;
        LogTakenUp(claimed.RowKey, abandoned, instance is null ? "does not exist" : $"is {instance.RuntimeStatus}: {instance.FailureDetails?.ErrorMessage ?? "it gave no reason"}");
        await ScheduleAsync(client, claimed);
        return claimed;
    }

    private async Task TellAsync(string instanceId, Func<Task> message)
    {
        try
        {
            await message();
        }
        catch (Exception refusal) when (refusal is not OperationCanceledException)
        {
            LogNotTold(instanceId, refusal.Message); // it has just ended
        }
    }

    [LoggerMessage(LogLevel.Information, "Run {Run}: scheduled as {InstanceId}")]
    private partial void LogScheduled(string run, string instanceId);

    [LoggerMessage(LogLevel.Warning, "Run {Run}: its preparation could not be requested; the first slice will prepare it. {Problem}")]
    private partial void LogNotPrepared(string run, string problem);

    [LoggerMessage(LogLevel.Debug, "Orchestration {InstanceId} takes no message: {Refusal}")]
    private partial void LogNotTold(string instanceId, string refusal);

    [LoggerMessage(LogLevel.Warning, "Orchestration {InstanceId} is still {Status}; its history stays")]
    private partial void LogNotPurged(string instanceId, OrchestrationRuntimeStatus status);

    [LoggerMessage(LogLevel.Warning, "Run {Run}: taken up again, since its orchestration {InstanceId} {Reason}")]
    private partial void LogTakenUp(string run, string instanceId, string reason);
}
