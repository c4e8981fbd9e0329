using NetVips;

namespace GanFunctions.Core.Imaging;

/// <summary>What pictures are encoded as.</summary>
public enum PictureFormat
{
    /// <summary>Without loss.</summary>
    Png,

    /// <summary>Without loss: half of what PNG takes.</summary>
    WebP,

    /// <summary>With a little loss, quality 90.</summary>
    Jpeg,
}

/// <summary>Encodes pictures with libvips. The same pixels give the same bytes, with one version of it.</summary>
public static class Encoder
{
    /// <summary>To be raised when the same pixels come out as other bytes.</summary>
    public const int Version = 3;

    /// <summary>The picture as a file, without metadata.</summary>
    public static byte[] Encode(Image picture, PictureFormat format) => format switch
    {
        PictureFormat.Png => picture.PngsaveBuffer(compression: 6, keep: Enums.ForeignKeep.None),
        PictureFormat.WebP => picture.WebpsaveBuffer(lossless: true, keep: Enums.ForeignKeep.None),
        PictureFormat.Jpeg => picture.JpegsaveBuffer(q: 90, keep: Enums.ForeignKeep.None),
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, "No such format."),
    };
}
