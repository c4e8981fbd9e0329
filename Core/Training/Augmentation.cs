using GanFunctions.Core.Memory;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn.functional;

namespace GanFunctions.Core.Training;

/// <summary>
/// Random changes to the pictures that the discriminator sees, real and generated alike, so that it cannot memorise a small data set.
/// Gradients pass through them to the generator, which therefore does not learn them (DiffAugment, Zhao et al. 2020, arXiv:2006.10738).
/// </summary>
internal sealed class Augmentation(TrainingOptions options, StepRandom draw) : IDisposable
{
    private const int MaxTranslation = 8; // the paper's ratio of 1/8 of the side
    private const int CutoutSide = 2;     // half the side

    private static readonly Scalar Half = 0.5.ToScalar();
    private readonly torch.Generator? _random = options.IsAugmented ? draw.Random.At(draw.Epoch, draw.Step, RandomPurpose.Augmentation) : null;

    /// <summary>Mirrors half of the real pictures, if <see cref="TrainingOptions.Flip"/> is set.</summary>
    public RealBatch Mirror(RealBatch real)
    {
        if (!options.Flip) return real;
        using var scope = NewDisposeScope();
        using var random = draw.Random.At(draw.Epoch, draw.Step, RandomPurpose.Flip);
        var mirrored = rand([real.Size, 1, 1, 1], generator: random).lt(Half);
        return real with { Pictures = where(mirrored, real.Pictures.flip(3), real.Pictures).MoveToOuterDisposeScope() };
    }

    /// <summary>Applies the augmentations of the options, each picture with random numbers of its own.</summary>
    /// <param name="pictures"><c>[batch, channels, side, side]</c> in [-1, 1].</param>
    /// <returns>The same shape; colours may exceed [-1, 1].</returns>
    public Tensor Apply(Tensor pictures)
    {
        if (_random is null) return pictures;
        using var scope = NewDisposeScope();
        var x = pictures;
        if (options.AugmentColor) x = ChangeColor(x);
        if (options.AugmentTranslation) x = Translate(x);
        if (options.AugmentCutout) x = CutOut(x);
        return x.MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose() => _random?.Dispose();

    /// <summary>Changes brightness by up to 0.5, saturation by a factor of 0 to 2, and contrast by a factor of 0.5 to 1.5.</summary>
    private Tensor ChangeColor(Tensor x)
    {
        x = x.Plus(Uniform(x).Minus(0.5));
        var grey = x.mean([1L], keepdim: true);
        x = ((x - grey) * Uniform(x).Times(2)).Plus(grey);
        var mean = x.mean([1L, 2L, 3L], keepdim: true);
        return ((x - mean) * Uniform(x).Plus(0.5)).Plus(mean);
    }

    /// <summary>Moves each picture by up to an eighth of its side in both directions. Zeros, medium grey, fill the gap.</summary>
    private Tensor Translate(Tensor x)
    {
        var side = x.shape[2];
        var max = side / MaxTranslation;
        var (rows, columns) = (Offsets(x, 2 * max + 1), Offsets(x, 2 * max + 1));
        // Unbound first: the gradient of a slice of the whole batch would be as large as the batch.
        var padded = pad(x, [max, max, max, max], PaddingModes.Constant, 0).unbind(0);
        return stack(padded.Select((picture, index) => picture.narrow(1, rows[index], side).narrow(2, columns[index], side)));
    }

    /// <summary>Sets a square with half the side of the picture to zero. It may lie partly outside.</summary>
    private Tensor CutOut(Tensor x)
    {
        var side = x.shape[2];
        var cut = side / CutoutSide;
        var (top, left) = (Start(), Start());
        using var end = side.ToScalar();
        var at = arange(Arithmetic.Zero, end, Arithmetic.One, ScalarType.Float32);
        var isInRows = IsInside(at.view(1, 1, side, 1), top);
        var isInColumns = IsInside(at.view(1, 1, 1, side), left);
        return x * isInRows.logical_and(isInColumns).logical_not().to(ScalarType.Float32);

        Tensor Start() => Uniform(x).Times(side + 1).floor().Minus(cut / 2); // [batch, 1, 1, 1]

        Tensor IsInside(Tensor positions, Tensor start) => positions.ge(start).logical_and(positions.lt(start.Plus(cut)));
    }

    /// <summary>A number from [0, 1) for each picture: <c>[batch, 1, 1, 1]</c>.</summary>
    private Tensor Uniform(Tensor pictures) => rand([pictures.shape[0], 1, 1, 1], generator: _random);

    private long[] Offsets(Tensor pictures, long count) => [.. Uniform(pictures).Times(count).floor().to(ScalarType.Int64).flatten().data<long>()];
}
