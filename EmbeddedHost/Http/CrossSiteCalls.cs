using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace GanFunctions.EmbeddedHost.Http;

/// <summary>
/// Rejects cross-site requests (CSRF). Without this, any website that the user visits could make the browser send requests to a host that requires
/// no key. Browsers
/// send the origin of such requests (Fetch standard, Origin header); requests without that header, such as those of curl, are allowed.
/// </summary>
internal static class CrossSiteCalls
{
    public static void UseCrossSiteProtection(this WebApplication app, FunctionKey key)
    {
        if (key.IsRequired) return;
        app.Use((http, next) => IsWrite(http.Request) && IsCrossSite(http.Request)
            ? Problems.WriteAsync(
                http, StatusCodes.Status403Forbidden, "This host requires no key, and therefore rejects this call from a page of another site.")
            : next(http));
    }

    private static bool IsWrite(HttpRequest request) => !HttpMethods.IsGet(request.Method) && !HttpMethods.IsHead(request.Method);

    private static bool IsCrossSite(HttpRequest request)
    {
        string? origin = request.Headers.Origin;
        return origin is not null && !string.Equals(origin, $"{request.Scheme}://{request.Host}", StringComparison.OrdinalIgnoreCase);
    }
}
