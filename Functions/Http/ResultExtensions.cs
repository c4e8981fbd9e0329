namespace GanFunctions.Functions.Http;

/// <summary>Headers on results.</summary>
public static class ResultExtensions
{
    /// <summary>Adds <c>Location</c>.</summary>
    public static IResult WithLocation(this IResult result, string location) => result.WithHeader("Location", location);

    /// <summary>Adds a header.</summary>
    public static IResult WithHeader(this IResult result, string name, string value) => new HeaderResult(result, name, value);

    private sealed class HeaderResult(IResult inner, string name, string value) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.Headers[name] = value;
            return inner.ExecuteAsync(httpContext);
        }
    }
}
