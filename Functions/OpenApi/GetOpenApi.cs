using GanFunctions.Functions.Http;
using Microsoft.Net.Http.Headers;

namespace GanFunctions.Functions.OpenApi;

/// <summary><c>GET /api/openapi.json</c>: all calls of the API, in OpenAPI 3.1.</summary>
public sealed class GetOpenApi
{
    // The same for as long as the app runs, and wanted by few.
    private static readonly Lazy<(string Json, string Tag)> Written = new(() =>
    {
        var json = Contract.Write();
        return (json, EntityTag.Of(json));
    });

    [Function(nameof(GetOpenApi))]
    public IResult Run([HttpTrigger(AuthorizationLevel.Function, "get", Route = "api/openapi.json")] HttpRequest request)
    {
        if (new QueryReader(request.Query).Error() is { } wrong) return wrong;
        var (json, tag) = Written.Value;
        return (EntityTag.IsKnown(request, tag) ? Results.StatusCode(304) : Results.Text(json, Format.Json.MediaType))
            .WithHeader(HeaderNames.ETag, tag)
            .WithHeader(HeaderNames.CacheControl, "no-cache");
    }
}
