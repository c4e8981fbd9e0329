using System.Security.Cryptography;
using System.Text;
using Microsoft.Net.Http.Headers;

namespace GanFunctions.Functions.Http;

/// <summary>Names for answers (RFC 9110, section 8.8.3), by which who has one already is told so.</summary>
public static class EntityTag
{
    /// <summary>A name for the answer to a question, as <c>ETag</c> has it.</summary>
    /// <param name="question">All that the answer depends on.</param>
    public static string Of(string question) => Of(Encoding.UTF8.GetBytes(question));

    /// <summary>A name for an answer by its content.</summary>
    /// <param name="content">The answer, as it goes over the wire.</param>
    public static string Of(ReadOnlySpan<byte> content) => $"\"{Convert.ToHexStringLower(SHA256.HashData(content))[..32]}\"";

    /// <summary>Whether <c>If-None-Match</c> has the name, weak or not, or <c>*</c> for any.</summary>
    public static bool IsKnown(HttpRequest request, string tag) =>
        request.GetTypedHeaders().IfNoneMatch.Any(known => known.Tag == "*" || known.Compare(new EntityTagHeaderValue(tag), useStrongComparison: false));
}

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
