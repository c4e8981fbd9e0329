using GanFunctions.Core.Data;
using GanFunctions.Core.Pictures;
using GanFunctions.Core.Training;
using static TorchSharp.torch;

namespace GanFunctions.Core.Quality;

/// <summary>
/// Which real pictures a ruler is made from and which it holds out. They are held out of the test set where there is one of a sensible
/// size, else out of the training set: the ruler has never seen those, but the network that is measured has.
/// </summary>
/// <param name="Fit">To train the classifier on, <c>[count, channels, side, side]</c> bytes.</param>
/// <param name="Held">Held out of that, <c>[count, channels, side, side]</c> bytes, at most 10,000.</param>
/// <param name="FitLabels">Their labels; null where there are none, or one only.</param>
/// <param name="HeldLabels">The same for those held out.</param>
internal sealed record RealPictures(Tensor Fit, Tensor Held, byte[]? FitLabels, byte[]? HeldLabels)
{
    /// <summary>With fewer on either side, statistics over 128 features say nothing.</summary>
    public const int Fewest = 50;

    /// <summary>At most this many are kept of either side.</summary>
    public const int Most = 10_000;

    private const int HeldOutOf = 5; // every fifth picture, where there is no test set

    /// <summary>Divides a data set; null where it is too small. The tensors belong to the caller, or to the dispose scope that is open.</summary>
    public static RealPictures? Of(Dataset data)
    {
        using var scope = NewDisposeScope();
        var order = Shuffled(data.Train.Count);
        if (AreHeldOutOfTest(data)) // MNIST's has the easy half first
            return Of(data.Train, order, data.Test!, Shuffled(data.Test!.Count)[..Math.Min(data.Test.Count, Most)]);
        var held = Math.Min(order.Length / HeldOutOf, Most);
        return held < Fewest ? null : Of(data.Train, order[held..], data.Train, order[..held]);
    }

    /// <summary>Whether the pictures held out are ones that networks are not trained on.</summary>
    public static bool AreHeldOutOfTest(Dataset data) => data.Test is { Count: >= Fewest } && data.Train.Count >= Fewest;

    private static RealPictures Of(ImageSet fit, int[] fitChosen, ImageSet held, int[] heldChosen)
    {
        var labelled = fit.Labels is not null && held.Labels is not null && fit.Labels.Distinct().Count() > 1;
        return new RealPictures(
            Pixels(fit, fitChosen), Pixels(held, heldChosen), labelled ? Labels(fit, fitChosen) : null, labelled ? Labels(held, heldChosen) : null);
    }

    private static int[] Shuffled(int count)
    {
        using var draw = new RunRandom(0, 0).At(0, 0, RandomPurpose.ReferenceShuffle);
        return [.. randperm(count, generator: draw).data<long>().Select(index => (int)index)];
    }

    private static byte[] Labels(ImageSet pictures, int[] chosen) => [.. chosen.Select(index => pictures.Labels![index])];

    private static Tensor Pixels(ImageSet pictures, int[] chosen)
    {
        var size = pictures.Shape.Size;
        var pixels = new byte[chosen.Length * size];
        foreach (var (place, index) in chosen.Index()) pictures.Pixels.AsSpan(index * size, size).CopyTo(pixels.AsSpan(place * size));
        return tensor(pixels, [chosen.Length, pictures.Channels, pictures.Height, pictures.Width], dtype: ScalarType.Byte).MoveToOuterDisposeScope();
    }
}
