using GanFunctions.Functions.Http;
using Microsoft.Net.Http.Headers;

namespace GanFunctions.Functions.Page;

/// <summary><c>GET /</c> and <c>GET /page/...</c>: the web page. Anonymous, unlike its calls to the API.</summary>
public sealed class GetPage(PageFiles files)
{
    /// <summary>
    /// Only this origin may run or load anything. WebAssembly is compiled to run the generator in the browser; downloaded pictures are shown from blob
    /// addresses.
    /// </summary>
    private const string ContentSecurityPolicy =
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; worker-src 'self'; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    // The Functions host replaces an empty route by the function's name; this one matches only the root.
    [Function("GetPage")]
    public IResult Index(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "{ignored:maxlength(0)?}")] HttpRequest request) => Respond(request, "index.html");

    [Function("GetPageFile")]
    public IResult Named(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "page/{*path}")] HttpRequest request, string path) => Respond(request, path);

    private IResult Respond(HttpRequest request, string path)
    {
        if (files.Find(path ?? "") is not { } file)
            return Problems.NotFound("No such file.", $"The page has no file '{path}'.");
        var compressed = ContentNegotiation.AcceptsEncoding(request, "gzip") ? file.Compressed : null;
        var form = compressed ?? file.Plain;
        var result = EntityTag.IsKnown(request, form.Tag) ? Results.StatusCode(304) : Results.Bytes(form.Bytes, WithCharset(file.ContentType));
        if (compressed is not null) result = result.WithHeader(HeaderNames.ContentEncoding, "gzip");
        return result
            .WithHeader(HeaderNames.ETag, form.Tag)
            .WithHeader(HeaderNames.CacheControl, "no-cache")
            .WithHeader(HeaderNames.Vary, HeaderNames.AcceptEncoding)
            .WithHeader(HeaderNames.ContentSecurityPolicy, ContentSecurityPolicy)
            .WithHeader(HeaderNames.XContentTypeOptions, "nosniff")
            .WithHeader("Referrer-Policy", "no-referrer") // addresses may carry the function key
            .WithHeader("Cross-Origin-Opener-Policy", "same-origin");
    }

    private static string WithCharset(string type) => type.StartsWith("text/", StringComparison.Ordinal) ? $"{type}; charset=utf-8" : type;
}
