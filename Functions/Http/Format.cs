using Microsoft.Net.Http.Headers;

namespace GanFunctions.Functions.Http;

/// <summary>What an answer may be written as.</summary>
/// <param name="Name">Its value of the parameter <c>format</c>.</param>
/// <param name="MediaType">Its name in <c>Accept</c> and <c>Content-Type</c>.</param>
public sealed record Format(string Name, string MediaType)
{
    /// <summary>PNG.</summary>
    public static Format Png { get; } = new("png", "image/png");

    /// <summary>WebP, pictures that move too.</summary>
    public static Format WebP { get; } = new("webp", "image/webp");

    /// <summary>JPEG.</summary>
    public static Format Jpeg { get; } = new("jpeg", "image/jpeg");

    /// <summary>GIF, pictures that move.</summary>
    public static Format Gif { get; } = new("gif", "image/gif");

    /// <summary>JSON.</summary>
    public static Format Json { get; } = new("json", "application/json");

    /// <summary>
    /// Chooses by the parameter <c>format</c>, else by <c>Accept</c> (RFC 9110, 12.5.1): the format with the highest quality, of equals the first
    /// on offer. Where none is accepted, or nothing asked for, it is the first.
    /// </summary>
    public static Format Choose(HttpRequest request, QueryReader query, params IReadOnlyList<Format> offered)
    {
        var named = query.Choice("format", [.. offered.Select(format => format.Name)]);
        if (named is not null) return offered.First(format => format.Name == named);
        return MediaTypeHeaderValue.TryParseList(request.Headers.Accept, out var ranges)
            ? offered.MaxBy(format => QualityOf(format, ranges))! // of equals the first
            : offered[0];
    }

    /// <summary>The quality of the range that names the format most exactly; 0 where none does.</summary>
    private static double QualityOf(Format format, IEnumerable<MediaTypeHeaderValue> ranges)
    {
        var type = new MediaTypeHeaderValue(format.MediaType);
        return ranges.Where(range => range.MatchesAllTypes || range.MatchesMediaType(type.MediaType))
            .OrderBy(range => range.MatchesAllTypes).ThenBy(range => range.MatchesAllSubTypes)
            .Select(range => range.Quality ?? 1).FirstOrDefault();
    }
}
