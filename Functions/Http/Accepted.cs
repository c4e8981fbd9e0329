using Microsoft.Net.Http.Headers;

namespace GanFunctions.Functions.Http;

/// <summary>What a client would rather have (RFC 9110, section 12.5.1).</summary>
public static class Accepted
{
    /// <summary>
    /// The media type with the highest quality; of several the one that <c>Accept</c> names more precisely, then the one offered first,
    /// which is also the answer where none of them is acceptable.
    /// </summary>
    /// <param name="request">The request.</param>
    /// <param name="offered">Media types.</param>
    public static string Of(HttpRequest request, params string[] offered)
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

    /// <summary>Whether the client takes a content coding, such as <c>gzip</c> (RFC 9110, section 12.5.3).</summary>
    public static bool Encoding(HttpRequest request, string coding) =>
        StringWithQualityHeaderValue.TryParseList(request.Headers.AcceptEncoding, out var codings)
        && codings.Any(each => each.Value.Equals(coding, StringComparison.OrdinalIgnoreCase) && each.Quality is not 0);

    private static MediaTypeHeaderValue? Closest(IEnumerable<MediaTypeHeaderValue> ranges, MediaTypeHeaderValue type) =>
        ranges.Where(type.IsSubsetOf).MaxBy(Precision);

    private static double Quality(MediaTypeHeaderValue range) => range.Quality ?? 1;

    private static int Precision(MediaTypeHeaderValue range) => range.MatchesAllTypes ? 0 : range.MatchesAllSubTypes ? 1 : 2;
}
