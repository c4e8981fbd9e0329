using Microsoft.Extensions.Logging;

namespace GanFunctions.EmbeddedHost;

/// <summary>What the durable engine says.</summary>
internal static partial class DurableLog
{
    [LoggerMessage(LogLevel.Information, "This process owns hub {Hub} (owner number {Epoch}).")]
    public static partial void HubOwned(this ILogger logger, string hub, long epoch);

    [LoggerMessage(LogLevel.Warning, "Hub {Hub} is owned by {Owner}: orchestrations run there. This process waits its turn; if that one was killed, "
        + "for {Longest} seconds at most ({Waited:F0} so far).")]
    public static partial void HubIsTaken(this ILogger logger, string hub, string owner, double longest, double waited);

    [LoggerMessage(LogLevel.Critical, "This process owns the hub no longer: {Reason}. What it runs is dropped, and goes on at the new owner.")]
    public static partial void HubLost(this ILogger logger, string reason);

    [LoggerMessage(LogLevel.Warning, "The hub's lease was not released ({Reason}): the next owner waits up to 15 seconds.")]
    public static partial void LeaseNotReleased(this ILogger logger, string reason);

    [LoggerMessage(LogLevel.Information, "{Count} unfinished orchestrations continue.")]
    public static partial void InstancesContinue(this ILogger logger, int count);

    [LoggerMessage(LogLevel.Information, "Orchestration {Name} {InstanceId} ended: {Status}.")]
    public static partial void InstanceFinished(this ILogger logger, string name, string instanceId, OrchestrationRuntimeStatus status);

    [LoggerMessage(LogLevel.Warning, "Orchestration {InstanceId} belongs to owner number {Newer}; this process was number {Own} and writes nothing to it.")]
    public static partial void InstanceIsFenced(this ILogger logger, string instanceId, long newer, long own);

    [LoggerMessage(LogLevel.Information, "Orchestration {InstanceId} was changed by another writer and is read again: {Reason}")]
    public static partial void InstanceChanged(this ILogger logger, string instanceId, string reason);

    [LoggerMessage(LogLevel.Error, "Orchestration {InstanceId} could not go on; it is tried again in {Pause}.")]
    public static partial void RunnerFailed(this ILogger logger, Exception exception, string instanceId, TimeSpan pause);

    [LoggerMessage(LogLevel.Error, "The durable engine stumbled; it begins again in {Pause}.")]
    public static partial void EngineFailed(this ILogger logger, Exception exception, TimeSpan pause);

    [LoggerMessage(LogLevel.Warning, "Storage does not answer ({Reason}); asking again in {Pause}.")]
    public static partial void StorageIsAway(this ILogger logger, string reason, TimeSpan pause);

    [LoggerMessage(LogLevel.Warning, "Activity {Name} (#{TaskId}) of {InstanceId} failed.")]
    public static partial void ActivityFailed(this ILogger logger, Exception exception, string name, int taskId, string instanceId);

    [LoggerMessage(LogLevel.Information, "Activity {Name} (#{TaskId}) of {InstanceId} was stopped with the host; it runs again at the next start.")]
    public static partial void ActivityLeftOpen(this ILogger logger, string name, int taskId, string instanceId);
}
