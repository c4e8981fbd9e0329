using GanFunctions.Functions.OpenApi;

namespace GanFunctions.Functions.Health;

/// <summary>The call of this folder, as the OpenAPI document has it.</summary>
internal static class HealthOperations
{
    /// <summary>One call.</summary>
    public static Feature Feature { get; } = new("health", "Whether the app can do its work.",
    [
        new(nameof(GetHealth), "get", "/api/health", "Whether the app can do its work")
        {
            IsAnonymous = true,
            Answers =
            [
                new(200, "It can.", Media.Json(HealthView.Ready)),
                new(503, "Its storage does not answer within three seconds.", Media.Json(HealthView.NotReady)),
            ],
        },
    ]);
}
