using GanFunctions.Core.Pictures;

namespace GanFunctions.Core.Model;

/// <summary>A kind of generator and the discriminator that belongs to it.</summary>
public enum NetworkFamily
{
    /// <summary><see cref="DcganGenerator"/> and <see cref="DcganDiscriminator"/>: sides of 28 to 64 pixels, grey or RGB.</summary>
    Dcgan,

    /// <summary><see cref="CompactGenerator"/> and <see cref="CompactDiscriminator"/>: any supported shape.</summary>
    Compact,
}

/// <summary>Creates the networks of a family.</summary>
public static class NetworkFamilies
{
    /// <summary>The smallest multiplier of the channels of hidden layers.</summary>
    public const double MinWidth = 0.25;

    /// <summary>The multiplier of the networks as their families describe them.</summary>
    public const double FullWidth = 1;

    private const int MaxDcganSide = 64;
    private const int ChannelUnit = 4;

    /// <summary>The name of a family, as stored in checkpoints.</summary>
    public static string NameOf(NetworkFamily family) => family.ToString().ToLowerInvariant();

    /// <summary>Parses the name of a family; null if this version does not know it.</summary>
    public static NetworkFamily? Parse(string name) =>
        Enum.GetValues<NetworkFamily>().Cast<NetworkFamily?>().FirstOrDefault(family => NameOf(family!.Value) == name);

    /// <summary>Whether a family has networks for pictures of this shape.</summary>
    public static bool Supports(this NetworkFamily family, PictureShape shape) =>
        shape.IsKnown && (family != NetworkFamily.Dcgan || shape.Side <= MaxDcganSide);

    /// <summary>Creates a generator whose weights the caller initialises or loads.</summary>
    /// <param name="family">The family.</param>
    /// <param name="norm">Momentum and epsilon of the batch normalisations.</param>
    /// <param name="shape">Shape of the pictures.</param>
    /// <param name="labels">Labels of the classes; null or empty for an unconditional generator.</param>
    /// <param name="width">Multiplier of the channels of hidden layers, from <see cref="MinWidth"/> to <see cref="FullWidth"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The family does not support the shape, or there is no such multiplier.</exception>
    public static Generator CreateGenerator(
        this NetworkFamily family, BatchNormSettings norm, PictureShape shape, ClassLabels? labels = null, double width = FullWidth)
    {
        Check(family, shape, width);
        return family == NetworkFamily.Compact ? new CompactGenerator(norm, shape, labels, width) : new DcganGenerator(norm, shape, labels, width);
    }

    /// <summary>Creates a discriminator whose weights the caller initialises or loads.</summary>
    /// <param name="family">The family.</param>
    /// <param name="norm">Momentum and epsilon of the batch normalisations, if the family has any.</param>
    /// <param name="shape">Shape of the pictures.</param>
    /// <param name="head">Its last layers. The hidden units are multiplied by <paramref name="width"/> like the channels.</param>
    /// <param name="width">Multiplier of the channels of hidden layers, from <see cref="MinWidth"/> to <see cref="FullWidth"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The family does not support the shape, or there is no such multiplier.</exception>
    public static Discriminator CreateDiscriminator(
        this NetworkFamily family, BatchNormSettings norm, PictureShape shape, DiscriminatorHead head = default, double width = FullWidth)
    {
        Check(family, shape, width);
        if (head.HiddenUnits > 0) head = head with { HiddenUnits = Narrow(head.HiddenUnits, width) };
        return family == NetworkFamily.Compact ? new CompactDiscriminator(shape, head, width) : new DcganDiscriminator(norm, shape, head, width);
    }

    /// <summary>
    /// The channels of a hidden layer with a width multiplier (Howard et al. 2017, arXiv:1704.04861), a multiple of four: odd numbers of
    /// channels are slow, and with bfloat16 not reproducible.
    /// </summary>
    /// <param name="channels">The channels with a multiplier of 1.</param>
    /// <param name="width">The multiplier.</param>
    internal static int Narrow(int channels, double width) => Math.Max(1, (int)Math.Round(channels * width / ChannelUnit)) * ChannelUnit;

    private static void Check(NetworkFamily family, PictureShape shape, double width)
    {
        if (!family.Supports(shape))
            throw new ArgumentOutOfRangeException(nameof(shape), shape, $"The {NameOf(family)} networks do not support this picture shape.");
        if (width is not (>= MinWidth and <= FullWidth))
            throw new ArgumentOutOfRangeException(nameof(width), width, $"A width multiplier is from {MinWidth} to {FullWidth}.");
    }
}
