using GanFunctions.EmbeddedHost.Discovery;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace GanFunctions.EmbeddedHost.Http;

/// <summary>Error responses of the host itself, as problem details (RFC 9457).</summary>
internal static class Problems
{
    public static Task WriteAsync(HttpContext http, int status, string detail) =>
        TypedResults.Problem(detail, statusCode: status).ExecuteAsync(http);

    /// <summary>Adds a body to the 404 and 405 responses of the router. Responses of functions are unchanged.</summary>
    public static void UseProblemsForUnknownRoutes(this WebApplication app) => app.Use(async (http, next) =>
    {
        await next(http);
        if (http.Response.HasStarted || http.GetEndpoint()?.Metadata.GetMetadata<AppFunction>() is not null) return;
        var detail = http.Response.StatusCode switch
        {
            StatusCodes.Status404NotFound => $"There is no function at {http.Request.Path}.",
            StatusCodes.Status405MethodNotAllowed => $"{http.Request.Method} is not allowed here; use {http.Response.Headers.Allow}.",
            _ => null,
        };
        if (detail is not null) await WriteAsync(http, http.Response.StatusCode, detail);
    });
}
