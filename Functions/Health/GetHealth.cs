using Azure;
using Azure.Storage.Blobs;
using GanFunctions.Core.Storage;
using GanFunctions.Functions.OpenApi;

namespace GanFunctions.Functions.Health;

/// <summary>Health of the app.</summary>
/// <param name="Status"><c>ready</c> or <c>not ready</c>.</param>
/// <param name="Storage"><c>ok</c> or <c>unreachable</c>.</param>
public sealed record HealthView(string Status, string Storage)
{
    /// <summary>The app works.</summary>
    public static HealthView Ready { get; } = new("ready", "ok");

    /// <summary>The app cannot reach its storage.</summary>
    public static HealthView NotReady { get; } = new("not ready", "unreachable");
}

/// <summary><c>GET /api/health</c>: health of the app. Anonymous.</summary>
public sealed class GetHealth(BlobContainerClient container)
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(3);

    [Function(nameof(GetHealth))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/health")] HttpRequest request, CancellationToken cancellation)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        timeout.CancelAfter(Timeout);
        try
        {
            await container.GetPropertiesAsync(cancellationToken: timeout.Token);
            return Results.Ok(HealthView.Ready);
        }
        catch (Exception problem) when (problem.IsOfStorage()
            || (problem is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            return Results.Json(HealthView.NotReady, statusCode: 503);
        }
    }
}

/// <summary>The calls of this feature, and the services behind them.</summary>
internal static class HealthFeature
{
    /// <summary>Registers the feature.</summary>
    public static IServiceCollection AddHealth(this IServiceCollection services) => services.AddSingleton(Feature);

    /// <summary>The calls of this feature.</summary>
    public static Feature Feature { get; } = new("health", "Health of the app.",
    [
        new(nameof(GetHealth), "get", "/api/health", "Gets the health of the app")
        {
            IsAnonymous = true,
            Responses =
            [
                new(200, "The app works.", Media.Json(HealthView.Ready)),
                new(503, "The storage account does not respond within three seconds.", Media.Json(HealthView.NotReady)),
            ],
        },
    ]);
}
