using Microsoft.Extensions.Logging;

namespace GanFunctions.EmbeddedHost.Azurite;

internal static partial class AzuriteLog
{
    [LoggerMessage(LogLevel.Information, "Azurite {Pid} is ready: blobs at {BlobPort}, queues at {QueuePort}, tables at {TablePort}, data in {Location}")]
    public static partial void Ready(ILogger logger, int pid, int? blobPort, int? queuePort, int? tablePort, string location);

    [LoggerMessage(LogLevel.Information, "Azurite {Pid} is starting or ending over {Location}; waiting for it")]
    public static partial void WaitingForOrphan(ILogger logger, int pid, string location);

    [LoggerMessage(LogLevel.Information, "Sharing Azurite {Pid}, data in {Location}, with the process that started it")]
    public static partial void Joined(ILogger logger, int pid, string location);

    [LoggerMessage(LogLevel.Information, "Azurite {Pid} keeps running for the other processes that use it")]
    public static partial void LeftToOthers(ILogger logger, int pid);

    [LoggerMessage(LogLevel.Information, "Using the Azurite that already listens at ports {BlobPort}, {QueuePort} and {TablePort}")]
    public static partial void UsingRunning(ILogger logger, int blobPort, int queuePort, int tablePort);

    [LoggerMessage(LogLevel.Critical, "Azurite {Pid} ended by itself with code {ExitCode}. Nothing can be stored any more. It said: {Errors}")]
    public static partial void Died(ILogger logger, int pid, int exitCode, string errors);

    [LoggerMessage(LogLevel.Warning, "Azurite {Pid} did not end within {Seconds} s and was killed; what it was told last may be lost")]
    public static partial void Killed(ILogger logger, int pid, double seconds);
}
