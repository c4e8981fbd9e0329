using Microsoft.Extensions.Logging;

namespace GanFunctions.EmbeddedHost;

internal static partial class AzuriteLog
{
    [LoggerMessage(LogLevel.Information, "Azurite {Pid} is ready: blobs at {BlobPort}, tables at {TablePort}, data in {Location}")]
    public static partial void Ready(ILogger logger, int pid, int? blobPort, int? tablePort, string location);

    [LoggerMessage(LogLevel.Information, "Azurite {Pid} belongs to an app that is gone and is still writing to {Location}; waiting for it to finish")]
    public static partial void WaitingForOrphan(ILogger logger, int pid, string location);

    [LoggerMessage(LogLevel.Warning, "Using the Azurite of another app (process {Owner}); it ends with that app")]
    public static partial void UsingThatOfAnotherApp(ILogger logger, int owner);

    [LoggerMessage(LogLevel.Information, "Using the Azurite that already listens at ports {BlobPort} and {TablePort}")]
    public static partial void UsingRunning(ILogger logger, int blobPort, int tablePort);

    [LoggerMessage(LogLevel.Critical, "Azurite {Pid} ended by itself with code {ExitCode}. Nothing can be stored any more. It said: {Errors}")]
    public static partial void Died(ILogger logger, int pid, int exitCode, string errors);

    [LoggerMessage(LogLevel.Warning, "Azurite {Pid} did not end within {Seconds} s and was killed; what it was told last may be lost")]
    public static partial void Killed(ILogger logger, int pid, double seconds);
}
