using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using GanFunctions.Core.Model;
using GanFunctions.Core.Storage;

namespace GanFunctions.Core.Training;

/// <summary>What to do when a run diverges.</summary>
public enum DivergencePolicy
{
    /// <summary>The run fails with the reason; what was committed stays.</summary>
    Fail,

    /// <summary>Back to the last commit, with other random numbers and half the learning rate.</summary>
    RollBack,
}

/// <summary>The recipe of one training step.</summary>
public enum Preset
{
    /// <summary>The tutorial's layers, trained well.</summary>
    Dcgan,

    /// <summary>The loop as the tutorial published it; to compare with.</summary>
    Tutorial,
}

/// <summary>
/// Everything that decides how a run trains. The defaults are those of the <c>dcgan</c> preset; <see cref="Presets"/> lists what
/// the other one changes. What a run resolved to is stored with it and never changes.
/// </summary>
public sealed record TrainingOptions
{
    /// <summary>The last epoch that a run can have.</summary>
    public const int MaxEpochs = 99_999;

    /// <summary>With fewer pictures a distance is mostly noise.</summary>
    public const int FewestQualitySamples = 100;

    /// <summary>The recipe that the other defaults come from.</summary>
    public Preset Preset { get; init; } = Preset.Dcgan;

    /// <summary>Name of the data set.</summary>
    [RegularExpression(ResourceId.Pattern)]
    public string Dataset { get; init; } = "mnist";

    /// <summary>
    /// Trains both networks with the labels of the pictures, so that pictures can be asked for by label. The data set must have labels, and
    /// two different ones at least.
    /// </summary>
    public bool Conditional { get; init; }

    /// <summary>Passes over the data.</summary>
    [Range(1, MaxEpochs)]
    public int Epochs { get; init; } = 100;

    /// <summary>Pictures per step; the same for every step, since a changing shape slows the convolutions.</summary>
    [Range(2, 1024)]
    public int BatchSize { get; init; } = 128;

    /// <summary>Where all random numbers of the run come from.</summary>
    [Range(0L, 9_007_199_254_740_991L)]
    public long Seed { get; init; } = 42;

    /// <summary>At most this many pictures per epoch, other ones each time; null takes all. A last batch that is not full is left out.</summary>
    [Range(2, 100_000_000)]
    public int? ImagesPerEpoch { get; init; }

    /// <summary>Adam's step size, in both networks (Kingma and Ba 2015).</summary>
    [Range(1e-7, 1000.0)]
    public double LearningRate { get; init; } = 1.5e-3;

    /// <summary>
    /// The step size falls to 1 / (1 + this × epochs done): large steps find the classes, small ones draw them well. It does not depend on
    /// <see cref="Epochs"/>, so that a run can be extended.
    /// </summary>
    [Range(0.0, 10.0)]
    public double LearningRateDecay { get; init; } = 0.3;

    /// <summary>Adam's first decay; the usual 0.9 makes a GAN oscillate (Radford et al. 2016).</summary>
    [Range(0.0, 0.999)]
    public double Beta1 { get; init; } = 0.5;

    /// <summary>Adam's second decay.</summary>
    [Range(0.0, 0.99999)]
    public double Beta2 { get; init; } = 0.999;

    /// <summary>Added to Adam's denominator.</summary>
    [Range(1e-12, 1e-2)]
    public double AdamEpsilon { get; init; } = 1e-8;

    /// <summary>How the first weights are drawn.</summary>
    public WeightScheme Weights { get; init; } = WeightScheme.Normal;

    /// <summary>Share of its running statistics that batch normalisation keeps at each step.</summary>
    [Range(0.0, 0.9999)]
    public double BatchNormMomentum { get; init; } = 0.9;

    /// <summary>Added to batch normalisation's variance.</summary>
    [Range(1e-8, 0.1)]
    public double BatchNormEpsilon { get; init; } = 1e-5;

    /// <summary>
    /// Weight of the squared gradient of the discriminator's logit by the real pictures, which is added to its loss and keeps a GAN from
    /// circling (R1; Mescheder et al. 2018, arXiv:1801.04406), so that it can take large steps. In the <c>dcgan</c> preset.
    /// </summary>
    [Range(0.0, 1000.0)]
    public double GradientPenalty { get; init; } = 0.5;

    /// <summary>The penalty is taken every so many steps, as many times as strong (Karras et al. 2020, arXiv:1912.04958): it is dear.</summary>
    [Range(1, 100)]
    public int GradientPenaltyEvery { get; init; } = 8;

    /// <summary>Share of the discriminator's features that dropout hides. Beside the gradient penalty it only slows the training down.</summary>
    [Range(0.0, 0.9)]
    public double Dropout { get; init; }

    /// <summary>
    /// Real pictures are labelled 1 minus this; fake ones stay 0 (one-sided smoothing, Salimans et al. 2016). Beside the gradient penalty it brings nothing.
    /// </summary>
    [Range(0.0, 0.5)]
    public double LabelSmoothing { get; init; }

    /// <summary>Uniform noise from zero to this is added to the discriminator's labels.</summary>
    [Range(0.0, 0.5)]
    public double LabelNoise { get; init; }

    /// <summary>Decay of the averaged generator that pictures are drawn from; 0 averages nothing.</summary>
    [Range(0.0, 0.99999)]
    public double EmaDecay { get; init; } = 0.999;

    /// <summary>Losses are logged every so many steps.</summary>
    [Range(1, 100_000)]
    public int LogEvery { get; init; } = 50;

    /// <summary>What the convolutions calculate in.</summary>
    public Precision Precision { get; init; } = Precision.Auto;

    /// <summary>Threads to train with; null takes one per processor of the worker that trains the first slice, and keeps to it.</summary>
    [Range(1, 256)]
    public int? Threads { get; init; }

    /// <summary>
    /// An activity commits and returns after so many seconds, in the middle of an epoch if need be. The host gives it ten minutes (host.json),
    /// the most that every Azure plan allows; what is left is for loading and committing.
    /// </summary>
    [Range(1, 480)]
    public int MaxSliceSeconds { get; init; } = 240;

    /// <summary>
    /// Pictures that are drawn and measured at the end of every epoch; 0 measures nothing, else at least 100.
    /// The distances shrink with the count: only those of the same count compare.
    /// </summary>
    [Range(0, 10_000)]
    public int QualitySamples { get; init; } = 2000;

    /// <summary>The run completes early when so many epochs in a row were no better than the best before them; null trains to the last.</summary>
    [Range(1, 99_999)]
    public int? Patience { get; init; }

    /// <summary>
    /// Training states that are kept, of the last commits and of the last ends of epochs, to go on from where the newest is damaged or a
    /// divergence is rolled back. The generator of every epoch is kept whatever this says.
    /// </summary>
    [Range(1, 99_999)]
    public int KeepTraining { get; init; } = 2;

    /// <summary>What to do when a loss is not finite, the discriminator is saturated, or the pictures collapse to one class.</summary>
    public DivergencePolicy OnDivergence { get; init; } = DivergencePolicy.Fail;

    /// <summary>Roll-backs allowed in a run before it fails.</summary>
    [Range(1, 100)]
    public int MaxRollBacks { get; init; } = 3;

    /// <summary>How batch normalisation is set.</summary>
    [JsonIgnore]
    public BatchNormSettings Norm => new(BatchNormMomentum, BatchNormEpsilon);

    /// <summary>Adam's step size after so many epochs.</summary>
    public double LearningRateAt(double epochsDone) => LearningRate / (1 + LearningRateDecay * epochsDone);

    /// <summary>Steps in an epoch over <paramref name="pictures"/> pictures.</summary>
    /// <exception cref="RunRefusedException">The pictures do not fill one batch.</exception>
    public int StepsPerEpoch(int pictures)
    {
        var used = Math.Min(ImagesPerEpoch ?? pictures, pictures);
        if (used >= BatchSize) return used / BatchSize;
        throw new RunRefusedException(
            $"An epoch of {used} pictures does not fill one batch of {BatchSize}: lower batchSize or raise imagesPerEpoch.");
    }
}

/// <summary>The named starting points of <see cref="TrainingOptions"/>; each lists only what differs from the defaults.</summary>
public static class Presets
{
    /// <summary>The options that <paramref name="preset"/> stands for.</summary>
    public static TrainingOptions Of(Preset preset) => preset switch
    {
        Preset.Dcgan => new TrainingOptions(),
        Preset.Tutorial => new TrainingOptions
        {
            Preset = Preset.Tutorial,
            Weights = WeightScheme.Glorot,
            LearningRate = 2e-4,
            LearningRateDecay = 0,
            GradientPenalty = 0,
            BatchNormMomentum = 0.99,
            BatchNormEpsilon = 1e-3,
            AdamEpsilon = 1e-7,
            Dropout = 0.2,
            LabelNoise = 0.05,
            EmaDecay = 0,
            Precision = Precision.Fp32,
        },
        _ => throw new ArgumentOutOfRangeException(nameof(preset), preset, "No such preset."),
    };
}

/// <summary>A run cannot continue, and would not on another attempt: its options, its data or its stored state do not allow it.</summary>
public sealed class RunRefusedException(string message) : Exception(message);
