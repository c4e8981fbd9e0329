using System.Globalization;
using GanFunctions.Core.Pictures;

namespace GanFunctions.Core.Data.Uploads;

/// <summary>
/// Chooses size, channels and background of a data set from a sample of its pictures: colour if some have colour, the largest supported size
/// that at least half of the pictures have, and a background on which transparent pictures are visible. Four channels, which keep
/// alpha, are never chosen; they have to be requested.
/// </summary>
internal static class PictureExamination
{
    private const int Samples = 200;          // spread evenly over the archive; a few seconds
    private const double ColourShare = 0.05;  // of the pictures; with less, a few grey scans with a coloured stamp would decide

    /// <summary>Chooses what a request leaves open.</summary>
    /// <param name="request">The request.</param>
    /// <param name="files">The files that may be pictures.</param>
    /// <param name="options">The size limits of pictures.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    public static async Task<ConversionChoice> ChooseAsync(
        ConversionRequest request, IReadOnlyList<ArchiveFile> files, DatasetOptions options, CancellationToken cancellation)
    {
        List<PictureTraits> pictures = [];
        var count = Math.Min(Samples, files.Count);
        for (var index = 0; index < count; index++)
        {
            var file = files[(int)((long)index * files.Count / count)];
            if (await ExamineAsync(file, options, cancellation) is { } traits) pictures.Add(traits);
        }
        List<string> reasons = [];
        var size = request.Size ?? SizeOf(pictures, reasons);
        var channels = request.Channels ?? ChannelsOf(pictures, reasons);
        var background = new PictureShape(size, channels).HasAlpha
            ? ConversionChoice.Transparent
            : request.Background ?? BackgroundOf(pictures, reasons).ToString();
        return new(size, channels, request.Fit, background, reasons);
    }

    private static async Task<PictureTraits?> ExamineAsync(ArchiveFile file, DatasetOptions options, CancellationToken cancellation)
    {
        if (file.Size > options.MaxPictureBytes) return null;
        try
        {
            return PictureTraits.Of(await file.ReadAsync(cancellation), options.MaxPixels);
        }
        catch (Exception unreadable) when (unreadable is PictureException or InvalidDataException)
        {
            return null; // reported when it is converted
        }
    }

    private const int MaxChosenSide = 64; // larger pictures take four times as long, so they are trained on request only

    private static int SizeOf(List<PictureTraits> pictures, List<string> reasons)
    {
        List<int> sides = [.. pictures.Select(picture => Math.Min(picture.Width, picture.Height)).Order()];
        if (sides.Count == 0) return PictureShape.Mnist.Side;
        var median = sides[sides.Count / 2];
        var size = PictureShape.Sides.Where(side => side <= Math.Min(median, MaxChosenSide)).DefaultIfEmpty(PictureShape.Sides.Min()).Max();
        reasons.Add(Text($"The size is {size}: half of the pictures have at least {median} pixels on their shorter side."));
        return size;
    }

    private static int ChannelsOf(List<PictureTraits> pictures, List<string> reasons)
    {
        var coloured = pictures.Count(picture => picture.HasColour);
        var channels = coloured > 0 && coloured >= ColourShare * pictures.Count ? 3 : 1;
        reasons.Add(Text($"{(channels == 3 ? "Colour" : "Greyscale")}: {coloured} of {pictures.Count} examined pictures have colour."));
        return channels;
    }

    private static Rgb BackgroundOf(List<PictureTraits> pictures, List<string> reasons)
    {
        List<(double Black, double White)> contrasts = [.. pictures.Select(picture => picture.Contrast).OfType<(double Black, double White)>()];
        if (contrasts.Count == 0) return Rgb.Black;
        var background = contrasts.Average(each => each.Black) > contrasts.Average(each => each.White) ? Rgb.Black : Rgb.White;
        reasons.Add(Text($"The background is {background}: {contrasts.Count} of {pictures.Count} examined pictures are transparent and stand out more on it. channels=4 keeps their transparency."));
        return background;
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
