using NetVips;

namespace GanFunctions.Core.Pictures;

/// <summary>File format of a picture.</summary>
public enum PictureFormat
{
    /// <summary>PNG, lossless.</summary>
    Png,

    /// <summary>WebP, lossless, including the colours of transparent pixels.</summary>
    WebP,

    /// <summary>JPEG with quality 90, slightly lossy. It has no alpha: transparent pictures are composited over white.</summary>
    Jpeg,
}

/// <summary>File format of an animation.</summary>
public enum AnimationFormat
{
    /// <summary>GIF with at most 255 colours per frame; supported everywhere. A pixel is either opaque or, with alpha below 128, transparent.</summary>
    Gif,

    /// <summary>Animated WebP, lossless.</summary>
    WebP,
}

/// <summary>Encodes pictures with libvips. With one version of libvips, the same pixels always give the same bytes.</summary>
public static class PictureEncoder
{
    /// <summary>Version of the encoding. Increase it with every change that makes the same pixels give different bytes.</summary>
    public const int Version = 6;

    /// <summary>Encodes a picture, without metadata.</summary>
    /// <exception cref="OperationCanceledException">The encoding was cancelled.</exception>
    public static byte[] Encode(Image picture, PictureFormat format, CancellationToken cancellation = default) =>
        Cancellable(picture, () => format switch
        {
            PictureFormat.Png => picture.PngsaveBuffer(compression: 6, keep: Enums.ForeignKeep.None),
            PictureFormat.WebP => picture.WebpsaveBuffer(lossless: true, exact: true, keep: Enums.ForeignKeep.None),
            PictureFormat.Jpeg => picture.JpegsaveBuffer(q: 90, keep: Enums.ForeignKeep.None, background: [byte.MaxValue]),
            _ => throw new ArgumentOutOfRangeException(nameof(format), format, "There is no such format."),
        }, cancellation);

    /// <summary>Encodes an animation that loops forever.</summary>
    /// <param name="frames">The frames, one below another. They are read from top to bottom, once.</param>
    /// <param name="milliseconds">Duration of each frame. GIF rounds it to a multiple of ten.</param>
    /// <param name="format">The file format.</param>
    /// <param name="cancellation">Cancels the encoding.</param>
    /// <exception cref="OperationCanceledException">The encoding was cancelled.</exception>
    public static byte[] Animate(Image frames, int[] milliseconds, AnimationFormat format, CancellationToken cancellation = default)
    {
        using var animation = frames.Mutate(picture =>
        {
            picture.Set(GValue.GIntType, "page-height", frames.Height / milliseconds.Length);
            picture.Set(GValue.ArrayIntType, "delay", milliseconds);
            picture.Set(GValue.GIntType, "loop", 0);
        });
        return Cancellable(animation, () => format switch
        {
            // One palette per frame, because the first frame may lack colours of later ones.
            AnimationFormat.Gif => animation.GifsaveBuffer(effort: 4, dither: 0, interpaletteMaxerror: 0),
            AnimationFormat.WebP => animation.WebpsaveBuffer(lossless: true, exact: true),
            _ => throw new ArgumentOutOfRangeException(nameof(format), format, "There is no such format."),
        }, cancellation);
    }

    private static byte[] Cancellable(Image picture, Func<byte[]> encode, CancellationToken cancellation)
    {
        using var registration = cancellation.Register(() => picture.SetKill(true));
        try
        {
            return encode();
        }
        catch (VipsException)
        {
            cancellation.ThrowIfCancellationRequested();
            throw;
        }
    }
}
