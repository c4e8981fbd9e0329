using Azure;
using Azure.Storage.Blobs;

namespace GanFunctions.Functions.Health;

/// <summary><c>GET /api/health</c>: whether the app can do its work. Anonymous.</summary>
public sealed class GetHealth(BlobContainerClient container)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    [Function(nameof(GetHealth))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "api/health")] HttpRequest request, CancellationToken cancellation)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        timeout.CancelAfter(Patience);
        try
        {
            await container.GetPropertiesAsync(cancellationToken: timeout.Token);
            return Results.Ok(new { Status = "ready", Storage = "ok" });
        }
        catch (Exception problem) when (problem is RequestFailedException or AggregateException
            || (problem is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            return Results.Json(new { Status = "not ready", Storage = "unreachable" }, statusCode: 503);
        }
    }
}
