using System.Security.Cryptography;
using System.Text;
using Microsoft.Net.Http.Headers;

namespace GanFunctions.Functions.Http;

/// <summary>Entity tags (RFC 9110, section 8.8.3), by which a client learns that it already has the current response.</summary>
public static class EntityTag
{
    /// <summary>The tag of a response, computed from its inputs.</summary>
    /// <param name="inputs">Everything that the response depends on.</param>
    public static string Of(string inputs) => Of(Encoding.UTF8.GetBytes(inputs));

    /// <summary>The tag of a response, computed from its content.</summary>
    /// <param name="content">The response body as it is sent.</param>
    public static string Of(ReadOnlySpan<byte> content) => $"\"{Convert.ToHexStringLower(SHA256.HashData(content))[..32]}\"";

    /// <summary>Whether <c>If-None-Match</c> contains the tag, weak or not, or <c>*</c>.</summary>
    public static bool IsKnown(HttpRequest request, string tag) =>
        request.GetTypedHeaders().IfNoneMatch.Any(known => known.Tag == "*" || known.Compare(new EntityTagHeaderValue(tag), useStrongComparison: false));
}

/// <summary>Adds headers to results.</summary>
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
