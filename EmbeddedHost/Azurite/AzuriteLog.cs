using Microsoft.Extensions.Logging;

namespace GanFunctions.EmbeddedHost.Azurite;

internal static partial class AzuriteLog
{
    [LoggerMessage(
        LogLevel.Information, "Azurite {Pid}: ready; blobs on port {BlobPort}, queues on {QueuePort}, tables on {TablePort}, data in {Location}")]
    public static partial void Ready(ILogger logger, int pid, int? blobPort, int? queuePort, int? tablePort, string location);

    [LoggerMessage(LogLevel.Information, "Azurite {Pid}: still starting or ending, with data in {Location}; waiting for it")]
    public static partial void Waiting(ILogger logger, int pid, string location);

    [LoggerMessage(LogLevel.Information, "Azurite {Pid}: sharing it with the process that started it; data in {Location}")]
    public static partial void Joined(ILogger logger, int pid, string location);

    [LoggerMessage(LogLevel.Information, "Azurite {Pid}: keeps running for the other processes that use it")]
    public static partial void LeftRunning(ILogger logger, int pid);

    [LoggerMessage(LogLevel.Information, "Azurite already listens on ports {BlobPort}, {QueuePort} and {TablePort}; using it")]
    public static partial void UsingExternal(ILogger logger, int blobPort, int queuePort, int tablePort);

    [LoggerMessage(
        LogLevel.Critical,
        "Azurite {Pid}: exited unexpectedly with code {ExitCode}; storage is unavailable until the app restarts. Error output: {Errors}")]
    public static partial void Exited(ILogger logger, int pid, int exitCode, string errors);

    [LoggerMessage(LogLevel.Warning, "Azurite {Pid}: did not end within {Seconds} s and was killed; the last writes may be lost")]
    public static partial void Killed(ILogger logger, int pid, double seconds);
}
