using NetVips;

namespace GanFunctions.Core.Pictures;

/// <summary>What pictures are encoded as.</summary>
public enum PictureFormat
{
    /// <summary>Without loss.</summary>
    Png,

    /// <summary>Without loss.</summary>
    WebP,

    /// <summary>With a little loss, quality 90.</summary>
    Jpeg,
}

/// <summary>What pictures that move are encoded as.</summary>
public enum AnimationFormat
{
    /// <summary>Of 255 colours in each frame, seen everywhere.</summary>
    Gif,

    /// <summary>Without loss.</summary>
    WebP,
}

/// <summary>Encodes pictures with libvips. The same pixels give the same bytes, with one version of it.</summary>
public static class PictureEncoder
{
    /// <summary>To be raised when the same pixels come out as other bytes.</summary>
    public const int Version = 4;

    /// <summary>The picture as a file, without metadata.</summary>
    public static byte[] Encode(Image picture, PictureFormat format) => format switch
    {
        PictureFormat.Png => picture.PngsaveBuffer(compression: 6, keep: Enums.ForeignKeep.None),
        PictureFormat.WebP => picture.WebpsaveBuffer(lossless: true, keep: Enums.ForeignKeep.None),
        PictureFormat.Jpeg => picture.JpegsaveBuffer(q: 90, keep: Enums.ForeignKeep.None),
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, "No such format."),
    };

    /// <summary>Pictures one after the other, over and over again.</summary>
    /// <param name="frames">Of one size.</param>
    /// <param name="milliseconds">How long each is shown; GIF rounds to tens.</param>
    /// <param name="format">What to write.</param>
    public static byte[] Animate(IReadOnlyList<Image> frames, int[] milliseconds, AnimationFormat format)
    {
        using var column = Image.Arrayjoin([.. frames], across: 1);
        using var animation = column.Mutate(picture =>
        {
            picture.Set(GValue.GIntType, "page-height", frames[0].Height);
            picture.Set(GValue.ArrayIntType, "delay", milliseconds);
            picture.Set(GValue.GIntType, "loop", 0);
        });
        return format switch
        {
            AnimationFormat.Gif => animation.GifsaveBuffer(effort: 4, dither: 0, interpaletteMaxerror: 0), // a palette for each frame: the first has no white yet
            AnimationFormat.WebP => animation.WebpsaveBuffer(lossless: true),
            _ => throw new ArgumentOutOfRangeException(nameof(format), format, "No such format."),
        };
    }
}
