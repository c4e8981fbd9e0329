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

    /// <summary>Comma-separated values.</summary>
    public static Format Csv { get; } = new("csv", "text/csv");

    /// <summary>SVG.</summary>
    public static Format Svg { get; } = new("svg", "image/svg+xml");

    /// <summary>What the parameter <c>format</c> names, else what <see cref="Accepted"/> prefers, which is the first on offer where nothing is said.</summary>
    public static Format Choose(HttpRequest request, QueryReader query, params IReadOnlyList<Format> offered)
    {
        var named = query.Choice("format", [.. offered.Select(format => format.Name)]);
        var type = named is null ? Accepted.Of(request, [.. offered.Select(format => format.MediaType)]) : null;
        return offered.First(format => format.Name == named || format.MediaType == type);
    }
}
