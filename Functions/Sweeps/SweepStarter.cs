using System.Text.Json;
using GanFunctions.Core.Storage;
using GanFunctions.Core.Sweeps;
using GanFunctions.Functions.Claims;
using GanFunctions.Functions.Hosting;

namespace GanFunctions.Functions.Sweeps;

/// <summary>
/// Ties a sweep to its orchestration: the row in <c>GanSweeps</c> is the claim and names a new instance id; then the orchestration is scheduled under
/// that id.
/// </summary>
public sealed partial class SweepStarter(SweepStore sweeps, TaskHubName hub, TimeProvider time, ILogger<SweepStarter> logger)
    : ClaimedWork<SweepRow, DurableTaskClient>
{
    private static readonly TimeSpan ScheduleLimit = TimeSpan.FromSeconds(30); // after the claim

    /// <summary>Claims an id and schedules the sweep.</summary>
    /// <returns>The new row; null if the id is taken.</returns>
    public async Task<SweepRow?> StartAsync(DurableTaskClient client, string sweep, SweepDefinition definition, CancellationToken cancellation)
    {
        var row = new SweepRow { RowKey = sweep, CreatedAt = time.GetUtcNow(), DefinitionJson = JsonSerializer.Serialize(definition, Json.Options) };
        Claim(row);
        if (!await sweeps.TryClaimAsync(row, cancellation)) return null;
        await ScheduleAsync(client, row);
        return row;
    }

    /// <inheritdoc/>
    public override async Task ScheduleAsync(DurableTaskClient scheduler, SweepRow work)
    {
        await scheduler.ScheduleNewOrchestrationInstanceAsync(
            nameof(RunSweep), new SweepInput(work.RowKey), new StartOrchestrationOptions(work.InstanceId), CancellationToken.None);
        LogScheduled(work.RowKey, work.InstanceId);
    }

    /// <summary>Removes the histories of the orchestrations of a sweep that has ended, and of its jobs.</summary>
    public static async Task PurgeAsync(DurableTaskClient client, string instanceId, CancellationToken cancellation)
    {
        var instances = await client.GetAllInstancesAsync(new OrchestrationQuery(InstanceIdPrefix: instanceId)).ToListAsync(cancellation);
        foreach (var instance in instances.Where(instance => instance.IsCompleted)) await client.PurgeInstanceAsync(instance.InstanceId, cancellation);
    }

    /// <inheritdoc/>
    protected override async Task<string?> WhyAbandonedAsync(DurableTaskClient scheduler, SweepRow known, CancellationToken cancellation)
    {
        if (known.HasEnded || known.Hub != hub.Value || time.GetUtcNow() - known.ClaimedAt < ScheduleLimit) return null;
        var instance = await scheduler.GetInstanceAsync(known.InstanceId, cancellation);
        if (instance is null) return $"orchestration {known.InstanceId} does not exist";
        return instance.IsCompleted
            ? $"orchestration {known.InstanceId} is {instance.RuntimeStatus}: {instance.FailureDetails?.ErrorMessage ?? "no reason given"}"
            : null;
    }

    /// <inheritdoc/>
    protected override async Task<(SweepRow? Now, bool IsOurs)> TryReclaimAsync(SweepRow known, CancellationToken cancellation)
    {
        var updated = await sweeps.UpdateAsync(known.RowKey, row =>
        {
            if (row.InstanceId != known.InstanceId || row.HasEnded) return false;
            Claim(row);
            return true;
        }, cancellation);
        return (updated?.Row, updated is { Changed: true });
    }

    /// <inheritdoc/>
    protected override void LogRecovering(SweepRow work, string reason) => LogRecovering(work.RowKey, reason);

    private void Claim(SweepRow row) => (row.InstanceId, row.Hub, row.ClaimedAt) = (Guid.NewGuid().ToString("N"), hub.Value, time.GetUtcNow());

    [LoggerMessage(LogLevel.Information, "Sweep {Sweep}: scheduled as orchestration {InstanceId}")]
    private partial void LogScheduled(string sweep, string instanceId);

    [LoggerMessage(LogLevel.Warning, "Sweep {Sweep}: scheduling it again, because {Reason}")]
    private partial void LogRecovering(string sweep, string reason);
}

/// <summary>
/// Schedules abandoned sweeps again, once a minute, on a host that provides its durable client by injection. On the Functions host, the next status
/// request does the same.
/// </summary>
public sealed partial class SweepRecovery(
    IServiceProvider services, SweepStore sweeps, SweepStarter starter, TimeProvider time, ILogger<SweepRecovery> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (services.GetService<DurableTaskClient>() is not { } client) return;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await foreach (var row in sweeps.ListAsync(stoppingToken)) await starter.RecoverAsync(client, row, stoppingToken);
            }
            catch (Exception problem) when (problem is not OperationCanceledException)
            {
                LogFailed(problem);
            }
            await Task.Delay(Interval, time, stoppingToken);
        }
    }

    [LoggerMessage(LogLevel.Warning, "Could not check for abandoned sweeps; checking again in a minute")]
    private partial void LogFailed(Exception problem);
}
