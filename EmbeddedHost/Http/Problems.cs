using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace GanFunctions.EmbeddedHost;

/// <summary>What the host itself answers when something is wrong: RFC 9457 problem details.</summary>
internal static class Problems
{
    public static Task WriteAsync(HttpContext http, int status, string detail) =>
        TypedResults.Problem(detail, statusCode: status).ExecuteAsync(http);

    /// <summary>Gives the 404 and 405 of the router a body; what functions answer stays as it is.</summary>
    public static void UseProblemsForUnknownRoutes(this WebApplication app) => app.Use(async (http, next) =>
    {
        await next(http);
        if (http.Response.HasStarted || http.GetEndpoint()?.Metadata.GetMetadata<AppFunction>() is not null)
        {
            return;
        }

        if (http.Response.StatusCode == StatusCodes.Status404NotFound)
        {
            await WriteAsync(http, StatusCodes.Status404NotFound, $"Nothing is served at {http.Request.Path}.");
        }
        else if (http.Response.StatusCode == StatusCodes.Status405MethodNotAllowed)
        {
            await WriteAsync(
                http, StatusCodes.Status405MethodNotAllowed, $"{http.Request.Method} is not allowed here; {http.Response.Headers.Allow} is.");
        }
    });
}
