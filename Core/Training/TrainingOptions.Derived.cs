using System.Text.Json.Serialization;
using GanFunctions.Core.Model;

namespace GanFunctions.Core.Training;

/// <content>What follows from the options.</content>
public sealed partial record TrainingOptions
{
    /// <summary>Whether the discriminator sees augmented pictures.</summary>
    [JsonIgnore]
    public bool IsAugmented => AugmentColor || AugmentTranslation || AugmentCutout;

    /// <summary>Settings of batch normalisation.</summary>
    [JsonIgnore]
    public BatchNormSettings Norm => new(BatchNormMomentum, BatchNormEpsilon);

    /// <summary>Adam's step size after a number of completed epochs.</summary>
    public double LearningRateAt(double completedEpochs) => LearningRate / (1 + LearningRateDecay * completedEpochs);

    /// <summary>Number of pictures in an epoch of a data set with <paramref name="pictures"/> training pictures.</summary>
    public int PicturesPerEpoch(int pictures) => Math.Min(ImagesPerEpoch ?? pictures, pictures);

    /// <summary>Number of steps in an epoch of a data set with <paramref name="pictures"/> training pictures.</summary>
    /// <exception cref="RunRefusedException">The pictures do not fill one batch.</exception>
    public int StepsPerEpoch(int pictures)
    {
        var used = PicturesPerEpoch(pictures);
        if (used >= BatchSize) return used / BatchSize;
        throw new RunRefusedException(
            $"An epoch of {used} pictures does not fill one batch of {BatchSize}: start a run with a smaller batchSize or a larger imagesPerEpoch.");
    }

    /// <summary>Checks that a data set has enough classes for <see cref="Conditional"/>.</summary>
    /// <param name="dataset">Its name.</param>
    /// <param name="classes">Number of different labels of its training pictures.</param>
    /// <exception cref="RunRefusedException">It has fewer than two.</exception>
    public void CheckClasses(string dataset, int classes)
    {
        if (!Conditional || classes >= MinClasses) return;
        throw new RunRefusedException($"A conditional run needs at least two different labels; the data set {dataset} has {classes}.");
    }
}

/// <summary>A run cannot continue because of its options, its data or its stored state. Another attempt would fail as well.</summary>
public sealed class RunRefusedException(string message) : Exception(message);
