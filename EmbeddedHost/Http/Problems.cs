using GanFunctions.EmbeddedHost.Discovery;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace GanFunctions.EmbeddedHost.Http;

/// <summary>What the host itself answers when something is wrong: RFC 9457 problem details.</summary>
internal static class Problems
{
    public static Task WriteAsync(HttpContext http, int status, string detail) =>
        TypedResults.Problem(detail, statusCode: status).ExecuteAsync(http);

    /// <summary>Gives the 404 and 405 of the router a body; what functions answer stays as it is.</summary>
    public static void UseProblemsForUnknownRoutes(this WebApplication app) => app.Use(async (http, next) =>
    {
        await next(http);
        if (http.Response.HasStarted || http.GetEndpoint()?.Metadata.GetMetadata<AppFunction>() is not null) return;
        var detail = http.Response.StatusCode switch
        {
            StatusCodes.Status404NotFound => $"Nothing is served at {http.Request.Path}.",
            StatusCodes.Status405MethodNotAllowed => $"{http.Request.Method} is not allowed here; {http.Response.Headers.Allow} is.",
            _ => null,
        };
        if (detail is not null) await WriteAsync(http, http.Response.StatusCode, detail);
    });
}
