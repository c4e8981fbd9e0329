using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace GanFunctions.EmbeddedHost.Http;

/// <summary>
/// Where no key is needed, any page that the user has open could have his browser post here. Browsers say where a request comes from
/// (Fetch standard, Origin header); programs such as curl say nothing and may pass.
/// </summary>
internal static class CrossSiteCalls
{
    public static void RefuseCrossSiteCalls(this WebApplication app, FunctionKey key)
    {
        if (key.IsNeeded) return;
        app.Use((http, next) => ChangesSomething(http.Request) && ComesFromElsewhere(http.Request)
            ? Problems.WriteAsync(http, StatusCodes.Status403Forbidden, "A page of another site may not call this without a key.")
            : next(http));
    }

    private static bool ChangesSomething(HttpRequest request) => !HttpMethods.IsGet(request.Method) && !HttpMethods.IsHead(request.Method);

    private static bool ComesFromElsewhere(HttpRequest request)
    {
        string? origin = request.Headers.Origin;
        return origin is not null && !string.Equals(origin, $"{request.Scheme}://{request.Host}", StringComparison.OrdinalIgnoreCase);
    }
}
