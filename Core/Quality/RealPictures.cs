using GanFunctions.Core.Data;
using GanFunctions.Core.Pictures;
using GanFunctions.Core.Training;
using static TorchSharp.torch;

namespace GanFunctions.Core.Quality;

/// <summary>
/// The real pictures that a quality reference is built from, and those that it holds out. The held-out pictures are from the test set if
/// that is large enough, otherwise from the training set. The latter are unknown to the classifier, but the GAN that is measured has
/// trained on them.
/// </summary>
/// <param name="Training">Pictures to train the network on.</param>
/// <param name="HeldOut">Held-out pictures, at most 10,000.</param>
/// <param name="TrainingLabels">Labels of <paramref name="Training"/>; null if there are no labels, or a single one.</param>
/// <param name="HeldOutLabels">Labels of <paramref name="HeldOut"/>; null if <paramref name="TrainingLabels"/> is null.</param>
internal sealed record RealPictures(PictureSelection Training, PictureSelection HeldOut, byte[]? TrainingLabels, byte[]? HeldOutLabels)
{
    /// <summary>Maximum number of pictures of each kind whose features are kept.</summary>
    public const int MaxKept = 10_000;

    /// <summary>Splits a data set; null if it is too small.</summary>
    public static RealPictures? Of(Dataset data)
    {
        if (!QualityMinimum.IsMet(data.Train.Count, data.Test?.Count ?? 0)) return null;
        var order = Shuffled(data.Train.Count);
        if (AreHeldOutOfTest(data)) // shuffled, because the first half of the MNIST test set is the easier one
            return Of(data.Train, order, data.Test!, Shuffled(data.Test!.Count)[..Math.Min(data.Test.Count, MaxKept)]);
        var heldOut = Math.Min(QualityMinimum.HeldOutOfTraining(order.Length), MaxKept);
        return Of(data.Train, order[heldOut..], data.Train, order[..heldOut]);
    }

    /// <summary>Whether the held-out pictures are from the test set, which no network trains on.</summary>
    public static bool AreHeldOutOfTest(Dataset data) => QualityMinimum.IsTestSetEnough(data.Train.Count, data.Test?.Count ?? 0);

    /// <summary>Whether the pictures have labels, and more than one, so that a classifier can learn them.</summary>
    public static bool HaveClasses(Dataset data) => HaveClasses(data.Train, AreHeldOutOfTest(data) ? data.Test! : data.Train);

    private static bool HaveClasses(ImageSet training, ImageSet heldOut) =>
        training.Labels is not null && heldOut.Labels is not null && training.Labels.Distinct().Count() > 1;

    private static RealPictures Of(ImageSet training, int[] trainingIndexes, ImageSet heldOut, int[] heldOutIndexes)
    {
        var hasClasses = HaveClasses(training, heldOut);
        return new RealPictures(
            new PictureSelection(training, trainingIndexes), new PictureSelection(heldOut, heldOutIndexes),
            hasClasses ? Labels(training, trainingIndexes) : null, hasClasses ? Labels(heldOut, heldOutIndexes) : null);
    }

    private static int[] Shuffled(int count)
    {
        using var draw = new RunRandom(0, 0).At(0, 0, RandomPurpose.ReferenceShuffle);
        using var order = randperm(count, generator: draw);
        return [.. order.data<long>().Select(index => (int)index)];
    }

    private static byte[] Labels(ImageSet pictures, int[] indexes) => [.. indexes.Select(index => pictures.Labels![index])];
}
