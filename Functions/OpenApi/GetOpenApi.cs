using System.Text.Json.Nodes;
using GanFunctions.Functions.Http;
using Microsoft.Net.Http.Headers;

namespace GanFunctions.Functions.OpenApi;

/// <summary><c>GET /api/openapi.json</c>: the OpenAPI document of this API.</summary>
public sealed class GetOpenApi(Contract contract)
{
    [Function(nameof(GetOpenApi))]
    public IResult Run([HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = "api/openapi.json")] HttpRequest request)
    {
        if (QueryReader.RefuseAny(request) is { } wrong) return wrong;
        var tag = EntityTag.Of(contract.Json);
        return (EntityTag.IsKnown(request, tag) ? Results.StatusCode(304) : Results.Text(contract.Json, Format.Json.MediaType))
            .WithHeader(HeaderNames.ETag, tag)
            .WithHeader(HeaderNames.CacheControl, "no-cache");
    }
}

/// <summary>The OpenAPI document as a feature of the API.</summary>
internal static class OpenApiFeature
{
    /// <summary>Registers the document.</summary>
    public static IServiceCollection AddOpenApi(this IServiceCollection services) => services
        .AddSingleton(Feature)
        .AddSingleton(provider => new Contract(provider.GetServices<Feature>()));

    /// <summary>The calls of this feature.</summary>
    public static Feature Feature { get; } = new("contract", "This document.",
    [
        new(nameof(GetOpenApi), "get", "/api/openapi.json", "Gets the OpenAPI document of this API")
        {
            Responses =
            [
                new(200, "This document.", Media.Json(_ => new() { ["type"] = "object" }, new JsonObject { ["openapi"] = "3.1.1" }))
                {
                    Headers = [Header.ETag, Header.CacheControl],
                },
                Response.NotModified,
                Response.NoParameters,
            ],
        },
    ]);
}
