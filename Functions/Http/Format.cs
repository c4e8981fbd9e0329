using Microsoft.Net.Http.Headers;

namespace GanFunctions.Functions.Http;

/// <summary>A format of responses.</summary>
/// <param name="Name">Its name in the parameter <c>format</c>.</param>
/// <param name="MediaType">Its media type in <c>Accept</c> and <c>Content-Type</c>.</param>
public sealed record Format(string Name, string MediaType)
{
    /// <summary>PNG.</summary>
    public static Format Png { get; } = new("png", "image/png");

    /// <summary>WebP, still or animated.</summary>
    public static Format WebP { get; } = new("webp", "image/webp");

    /// <summary>JPEG.</summary>
    public static Format Jpeg { get; } = new("jpeg", "image/jpeg");

    /// <summary>Animated GIF.</summary>
    public static Format Gif { get; } = new("gif", "image/gif");

    /// <summary>JSON.</summary>
    public static Format Json { get; } = new("json", "application/json");

    /// <summary>Comma-separated values.</summary>
    public static Format Csv { get; } = new("csv", "text/csv");

    /// <summary>SVG.</summary>
    public static Format Svg { get; } = new("svg", "image/svg+xml");
}

/// <summary>Chooses the representation that a client prefers (RFC 9110, section 12.5).</summary>
public static class ContentNegotiation
{
    /// <summary>
    /// The media type with the highest quality; on a tie the one that <c>Accept</c> names more precisely, then the one offered first. If none is
    /// acceptable, the one offered first.
    /// </summary>
    /// <param name="request">The request.</param>
    /// <param name="offered">The media types to choose from.</param>
    public static string Choose(HttpRequest request, params string[] offered)
    {
        if (!MediaTypeHeaderValue.TryParseList(request.Headers.Accept, out var ranges)) return offered[0];
        var best = offered
            .Select(type => (Type: type, Range: Closest(ranges, MediaTypeHeaderValue.Parse(type))))
            .Where(choice => choice.Range is not null && Quality(choice.Range) > 0)
            .OrderByDescending(choice => Quality(choice.Range!))
            .ThenByDescending(choice => Precision(choice.Range!))
            .FirstOrDefault();
        return best.Type ?? offered[0];
    }

    /// <summary>Whether the client accepts a content coding, such as <c>gzip</c> (RFC 9110, section 12.5.3).</summary>
    public static bool AcceptsEncoding(HttpRequest request, string coding) =>
        StringWithQualityHeaderValue.TryParseList(request.Headers.AcceptEncoding, out var codings)
        && codings.Any(each => each.Value.Equals(coding, StringComparison.OrdinalIgnoreCase) && each.Quality is not 0);

    private static MediaTypeHeaderValue? Closest(IEnumerable<MediaTypeHeaderValue> ranges, MediaTypeHeaderValue type) =>
        ranges.Where(type.IsSubsetOf).MaxBy(Precision);

    private static double Quality(MediaTypeHeaderValue range) => range.Quality ?? 1;

    private static int Precision(MediaTypeHeaderValue range) => range.MatchesAllTypes ? 0 : range.MatchesAllSubTypes ? 1 : 2;
}
