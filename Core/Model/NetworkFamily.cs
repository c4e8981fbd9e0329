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
    private const int MaxDcganSide = 64;

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
    /// <exception cref="ArgumentOutOfRangeException">The family does not support the shape.</exception>
    public static Generator CreateGenerator(this NetworkFamily family, BatchNormSettings norm, PictureShape shape, ClassLabels? labels = null)
    {
        Check(family, shape);
        return family == NetworkFamily.Compact ? new CompactGenerator(norm, shape, labels) : new DcganGenerator(norm, shape, labels);
    }

    /// <summary>Creates a discriminator whose weights the caller initialises or loads.</summary>
    /// <param name="family">The family.</param>
    /// <param name="norm">Momentum and epsilon of the batch normalisations, if the family has any.</param>
    /// <param name="shape">Shape of the pictures.</param>
    /// <param name="classCount">Number of classes; 0 for an unconditional discriminator.</param>
    /// <exception cref="ArgumentOutOfRangeException">The family does not support the shape.</exception>
    public static Discriminator CreateDiscriminator(this NetworkFamily family, BatchNormSettings norm, PictureShape shape, int classCount = 0)
    {
        Check(family, shape);
        return family == NetworkFamily.Compact ? new CompactDiscriminator(shape, classCount) : new DcganDiscriminator(norm, shape, classCount);
    }

    private static void Check(NetworkFamily family, PictureShape shape)
    {
        if (!family.Supports(shape))
            throw new ArgumentOutOfRangeException(nameof(shape), shape, $"The {NameOf(family)} networks do not support this picture shape.");
    }
}
