using System.Net.Sockets;
using Azure;
using Microsoft.Extensions.Logging;

namespace GanFunctions.EmbeddedHost;

/// <summary>Storage that is away for a while is waited for: no orchestration fails by it.</summary>
internal static class StorageFaults
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    public static bool IsPassing(Exception fault) => fault switch
    {
        RequestFailedException e => e.Status is 0 or 408 or 429 or >= 500,
        AggregateException e => e.InnerExceptions.All(IsPassing),
        HttpRequestException or SocketException or TimeoutException or IOException or TaskCanceledException => true,
        _ => false,
    };

    public static Task WaitOutAsync(Func<Task> action, ILogger logger, CancellationToken cancellation) =>
        WaitOutAsync(
            async () =>
            {
                await action();
                return true;
            },
            logger,
            cancellation);

    public static async Task<T> WaitOutAsync<T>(Func<Task<T>> action, ILogger logger, CancellationToken cancellation)
    {
        for (var pause = FirstPause; ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            cancellation.ThrowIfCancellationRequested();
            try
            {
                return await action();
            }
            catch (Exception e) when (IsPassing(e) && !cancellation.IsCancellationRequested)
            {
                logger.StorageIsAway(e.Message, pause);
                await Task.Delay(pause, cancellation);
            }
        }
    }
}
