using GanFunctions.Core.Pictures;
using GanFunctions.Functions.Http;

namespace GanFunctions.Functions.Samples;

/// <summary>
/// The work for a response with pictures. Its time and memory follow from these numbers, so a request that would need too much of either is
/// refused before anything is drawn.
/// </summary>
/// <param name="Shape">Shape of the pictures.</param>
/// <param name="Drawn">Number of pictures to draw.</param>
/// <param name="Format">Format of the response.</param>
/// <param name="Width">Width of a picture or frame of the response, in pixels.</param>
/// <param name="Height">Its height.</param>
/// <param name="Frames">Number of pictures or frames in the response.</param>
public sealed record PictureWork(PictureShape Shape, int Drawn, Format Format, int Width, int Height, int Frames = 1)
{
    private const long MaxDrawnPixels = 8192 * 28 * 28; // on one thread of an AMD EPYC 10 s for 28x28, 30 s for 64x64
    private const long MaxValues = 256L << 20; // pixels times channels of PNG and JPEG, which are encoded row by row: seconds
    private const long MaxWebPPixels = 16L << 20; // the encoder needs the whole picture and some 25 bytes per pixel: 400 MB
    private const long MaxFramePixels = 8L << 20; // likewise, and the encoders keep the previous frame
    private const long MaxAnimationPixels = 64L << 20; // in colour about 20 s
    private const long MaxSmallValues = 20L << 20; // 0.1 s as PNG; 64 pictures of 128x128 at the default scale are within this and the next one
    private const long MaxSmallWebPPixels = 5L << 20; // 0.5 s, 125 MB
    private const long MaxSmallAnimationPixels = 1L << 20; // in colour 0.4 s

    private static readonly Dictionary<Format, int> MaxSides = new() // the limits of the formats
    {
        [Format.WebP] = 16_383,
        [Format.Gif] = 65_535,
        [Format.Jpeg] = 65_500,
    };

    /// <summary>The limits, for the documentation.</summary>
    public static string Limits { get; } =
        $"A request generates at most {MaxDrawn(PictureShape.Mnist)} pictures of 28x28 or as many pixels in other sizes. "
        + $"PNG, JPEG and zip have at most {MaxValues} pixels times channels; WebP has {MaxWebPPixels} pixels; "
        + $"an animation has {MaxFramePixels} per frame and {MaxAnimationPixels} in all frames.";

    /// <summary>Whether the work takes a fraction of a second, so that it need not wait for work that takes longer.</summary>
    public bool IsSmall => Drawn <= 64 && Pixels * Shape.Channels <= MaxSmallValues && Pixels <= (
        IsAnimation ? MaxSmallAnimationPixels : Format == Format.WebP ? MaxSmallWebPPixels : long.MaxValue);

    /// <summary>Why the drawn pictures are too many; null if they are not.</summary>
    public string? TooManyDrawn => Drawn <= MaxDrawn(Shape)
        ? null
        : $"{Drawn} pictures of {Shape} are too many for one request; the maximum is {MaxDrawn(Shape)}";

    /// <summary>Why the response would be too large; null if it would not.</summary>
    public string? TooLarge =>
        Math.Max(Width, Height) > MaxSides.GetValueOrDefault(Format, int.MaxValue) ? TooLong(MaxSides[Format])
        : IsAnimation && (long)Width * Height > MaxFramePixels ? TooMany("pixels per frame", (long)Width * Height, MaxFramePixels)
        : IsAnimation && Pixels > MaxAnimationPixels ? TooMany("pixels in all frames", Pixels, MaxAnimationPixels)
        : Format == Format.WebP && !IsAnimation && Pixels > MaxWebPPixels ? TooMany("pixels", Pixels, MaxWebPPixels)
        : Pixels * Shape.Channels > MaxValues ? TooMany("pixels times channels", Pixels * Shape.Channels, MaxValues)
        : null;

    private long Pixels => (long)Width * Height * Frames;

    private bool IsAnimation => Format == Format.Gif || (Format == Format.WebP && Frames > 1);

    /// <summary>The largest number of pictures to draw for one response.</summary>
    public static int MaxDrawn(PictureShape shape) => (int)(MaxDrawnPixels / (shape.Side * shape.Side));

    /// <summary>The work for a grid.</summary>
    public static PictureWork Grid(PictureShape shape, int drawn, int columns, int scale, Format format, int frames = 1, int? cells = null)
    {
        var (width, height) = PictureGrid.SizeOf(cells ?? drawn / frames, shape, columns, scale);
        return new(shape, drawn, format, width, height, frames);
    }

    /// <summary>The 400 if the work at a scale is too much; else null.</summary>
    /// <param name="scale">The given scale.</param>
    /// <param name="what">What is to be scaled, for the error.</param>
    /// <param name="at">The work at a scale.</param>
    /// <param name="drawnBy">Name of the parameter that determines how many pictures are drawn.</param>
    public static IResult? Problem(int scale, string what, Func<int, PictureWork> at, string drawnBy)
    {
        var work = at(scale);
        if (work.TooManyDrawn is { } tooMany) return Problems.Invalid(drawnBy, $"{drawnBy}: {tooMany}.");
        if (work.TooLarge is not { } tooLarge) return null;
        var largest = Enumerable.Range(1, scale - 1).LastOrDefault(smaller => at(smaller).TooLarge is null);
        var valid = largest > 0 ? $"the largest valid scale is {largest}" : "no scale is valid for so many";
        return Problems.Invalid("scale", $"scale: {scale} is not valid for {what}: {tooLarge}; {valid}.");
    }

    private string TooLong(int most) => $"as {Format.Name} they would be {Width} pixels wide and {Height} high, and the maximum is {most}";

    private string TooMany(string unit, long given, long most) => $"as {Format.Name} they would have {given} {unit}, and the maximum is {most}";
}
