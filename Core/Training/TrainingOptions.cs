using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using GanFunctions.Core.Model;
using GanFunctions.Core.Storage;

namespace GanFunctions.Core.Training;

/// <summary>
/// The options of a run. The defaults are those of the <c>compact</c> preset, fitted to the data set; <see cref="Presets"/> lists them. The resolved
/// options are stored with the run and never change. An option that is missing there, because the run is from an earlier version, has the value of a new object.
/// </summary>
public sealed record TrainingOptions
{
    /// <summary>The maximum number of epochs of a run.</summary>
    public const int MaxEpochs = 99_999;

    /// <summary>The maximum length of a run in pictures.</summary>
    public const long MaxImages = 10_000_000_000;

    /// <summary>The minimum number of pictures per step. With fewer, batch normalisation has no variance to divide by.</summary>
    public const int MinBatchSize = 2;

    /// <summary>The maximum number of pictures per step.</summary>
    public const int MaxBatchSize = 1024;

    /// <summary>The maximum number of workers of a run.</summary>
    public const int MaxWorkers = 16;

    /// <summary>The minimum number of pictures to measure. With fewer, a Fréchet distance is mostly noise.</summary>
    public const int MinQualitySamples = 100;

    /// <summary>The minimum number of different labels of a conditional run.</summary>
    public const int MinClasses = 2;

    /// <summary>
    /// Selects the networks, the training step and the defaults of the other options. The default is <c>compact</c>.
    /// </summary>
    public Preset Preset { get; init; } = Preset.Dcgan;

    /// <summary>Name of the data set. The default is <c>mnist</c>.</summary>
    [RegularExpression(ResourceId.Pattern)]
    public string Dataset { get; init; } = "mnist";

    /// <summary>
    /// Trains both networks with the labels of the pictures, so that pictures can be requested by label. The data set must have at least
    /// two different labels. The default is false.
    /// </summary>
    public bool Conditional { get; init; }

    /// <summary>
    /// The checkpoint to take the first weights of both networks from, to fine-tune them. Its networks must be for pictures of the same size
    /// and channels. <see cref="Preset"/>, <see cref="WidthMultiplier"/> and <see cref="HiddenUnits"/> then default to those of the other run, since
    /// the networks must be the same. The default is null: the weights are initialised.
    /// </summary>
    public InitFrom? InitFrom { get; init; }

    /// <summary>Number of passes over the data. The default is 100, or what <see cref="Images"/> resolves to.</summary>
    [Range(1, MaxEpochs)]
    public int Epochs { get; init; } = 100;

    /// <summary>
    /// The length of the run in training pictures, repetitions included; an alternative to <see cref="Epochs"/>. It resolves to the number
    /// of epochs that have at least as many pictures in their whole batches. If it is less than one epoch, <see cref="ImagesPerEpoch"/> is
    /// by default reduced to it. The default is null: <see cref="Epochs"/> sets the length.
    /// </summary>
    [Range(1L, MaxImages)]
    public long? Images { get; init; }

    /// <summary>
    /// Pictures per step, at most as many as an epoch has. An incomplete last batch is dropped, because a varying batch size slows the
    /// convolutions down. The default is 64, or 128 in the other presets, and all pictures of an epoch if it has fewer.
    /// </summary>
    [Range(MinBatchSize, MaxBatchSize)]
    public int BatchSize { get; init; } = 128;

    /// <summary>Seed of all random numbers of the run. The default is 42.</summary>
    [Range(0L, 9_007_199_254_740_991L)]
    public long Seed { get; init; } = 42;

    /// <summary>
    /// Maximum number of pictures per epoch, at least <see cref="BatchSize"/>; each epoch uses a different random subset. The default is
    /// null: all pictures, or fewer if <see cref="Images"/> is less than one epoch.
    /// </summary>
    [Range(2, 100_000_000)]
    public int? ImagesPerEpoch { get; init; }

    /// <summary>
    /// Adam's step size for both networks (Kingma and Ba 2015). The default is 1e-3, which relies on the gradient penalties (without them, use
    /// 2e-4); 1.5e-3 in the <c>dcgan</c> preset.
    /// </summary>
    [Range(1e-7, 1000.0)]
    public double LearningRate { get; init; } = 1.5e-3;

    /// <summary>
    /// The step size falls to 1 / (1 + decay × completed epochs) of <see cref="LearningRate"/>: large steps learn the classes, small ones the
    /// details. It does not depend on <see cref="Epochs"/>, so that a run can be extended. The default is the
    /// pictures per epoch divided by 600,000; 0.3 in the <c>dcgan</c> preset.
    /// </summary>
    [Range(0.0, 10.0)]
    public double LearningRateDecay { get; init; } = 0.3;

    /// <summary>
    /// Adam's first decay rate. The usual 0.9 makes a GAN oscillate (Radford et al. 2016). The default is 0; 0.5 in the other presets.
    /// </summary>
    [Range(0.0, 0.999)]
    public double Beta1 { get; init; } = 0.5;

    /// <summary>Adam's second decay rate. The default is 0.999.</summary>
    [Range(0.0, 0.99999)]
    public double Beta2 { get; init; } = 0.999;

    /// <summary>Added to Adam's denominator. The default is 1e-8.</summary>
    [Range(1e-12, 1e-2)]
    public double AdamEpsilon { get; init; } = 1e-8;

    /// <summary>Initialisation of the network weights. The default is <c>he</c>; <c>normal</c> in the <c>dcgan</c> preset.</summary>
    public WeightScheme Weights { get; init; } = WeightScheme.Normal;

    /// <summary>
    /// Multiplies the channels of every hidden layer of both networks (Howard et al. 2017, arXiv:1704.04861). A narrow network trains faster, needs
    /// less storage and draws fewer details. The default is 1.
    /// </summary>
    [Range(NetworkFamilies.MinWidth, NetworkFamilies.FullWidth)]
    public double WidthMultiplier { get; init; } = NetworkFamilies.FullWidth;

    /// <summary>
    /// Units of a fully connected layer before the discriminator's logit, multiplied by <see cref="WidthMultiplier"/>. It lets the
    /// discriminator judge the parts of a picture together. The default is 256; 0 in the other presets, no such layer.
    /// </summary>
    [Range(0, 1024)]
    public int HiddenUnits { get; init; }

    /// <summary>
    /// After every step, replaces the upsampling kernels of the generator by the nearest ones that draw no checkerboard pattern in uniform
    /// areas. The <c>tutorial</c> preset ignores it. The default is true; false in the <c>dcgan</c> preset.
    /// </summary>
    public bool EvenKernels { get; init; }

    /// <summary>
    /// Fraction of its running statistics that batch normalisation keeps at each step (Keras' definition of momentum). The default is 0.9.
    /// </summary>
    [Range(0.0, 0.9999)]
    public double BatchNormMomentum { get; init; } = 0.9;

    /// <summary>Added to the variance in batch normalisation. The default is 1e-5.</summary>
    [Range(1e-8, 0.1)]
    public double BatchNormEpsilon { get; init; } = 1e-5;

    /// <summary>
    /// The loss of both networks; the <c>tutorial</c> preset has its own. The default is <c>relativistic</c>;
    /// <c>nonSaturating</c> in the <c>dcgan</c> preset.
    /// </summary>
    public GanLoss Loss { get; init; } = GanLoss.NonSaturating;

    /// <summary>
    /// Weight γ of the R1 penalty in the discriminator's loss: γ/2 times the squared gradient of its logits with respect to real pictures
    /// (Mescheder et al. 2018, arXiv:1801.04406). It keeps a GAN from oscillating and so allows a high learning rate. 0 disables it. The
    /// <c>tutorial</c> preset ignores it. The default is 1; 0.5 in the <c>dcgan</c> preset.
    /// </summary>
    [Range(0.0, 1000.0)]
    public double GradientPenalty { get; init; } = 0.5;

    /// <summary>
    /// Applies the gradient penalties only every N steps, but N times as strong, because they are expensive (Karras et al. 2020,
    /// arXiv:1912.04958). The default is 4; 8 in the <c>dcgan</c> preset.
    /// </summary>
    [Range(1, 100)]
    public int GradientPenaltyEvery { get; init; } = 8;

    /// <summary>
    /// Weight γ of the R2 penalty: as <see cref="GradientPenalty"/>, but with respect to generated pictures. The relativistic loss needs both
    /// penalties (Huang et al. 2024, arXiv:2501.05441). The default is 1; 0 in the <c>dcgan</c> preset.
    /// </summary>
    [Range(0.0, 1000.0)]
    public double GeneratedGradientPenalty { get; init; }

    /// <summary>
    /// Shows the discriminator all pictures in random brightness, saturation and contrast, so that it cannot memorise a small data set
    /// (DiffAugment, Zhao et al. 2020, arXiv:2006.10738). The default is true for at most 500 training pictures, and false for more and
    /// in the <c>dcgan</c> preset. The <c>tutorial</c> preset ignores it.
    /// </summary>
    public bool AugmentColor { get; init; }

    /// <summary>
    /// Like <see cref="AugmentColor"/>, with the pictures moved by up to an eighth of their side. The default is true for at most
    /// 20,000 training pictures, and false for more and in the <c>dcgan</c> preset.
    /// </summary>
    public bool AugmentTranslation { get; init; }

    /// <summary>Like <see cref="AugmentColor"/>, and with its default: cuts out a square of half the side.</summary>
    public bool AugmentCutout { get; init; }

    /// <summary>
    /// Mirrors half of the training pictures, at random in every step. Only for pictures whose mirror image is plausible: not for
    /// letters or digits. The default is false.
    /// </summary>
    public bool Flip { get; init; }

    /// <summary>
    /// Pictures that pass through the networks at once; a step adds up the gradients of its micro-batches. A smaller value needs less memory and
    /// more time. The default is null: the whole batch, or as many pictures as the memory limit of the picture size allows.
    /// </summary>
    [Range(MinBatchSize, MaxBatchSize)]
    public int? MicroBatchSize { get; init; }

    /// <summary>
    /// Fraction of the discriminator's features that dropout sets to zero. The default is 0: with the gradient penalty, dropout only slows
    /// training down.
    /// </summary>
    [Range(0.0, 0.9)]
    public double Dropout { get; init; }

    /// <summary>
    /// The discriminator's target for real pictures is 1 minus this value; the target for generated ones stays 0 (one-sided label
    /// smoothing, Salimans et al. 2016). The default is 0, because it has no benefit with the gradient penalty.
    /// </summary>
    [Range(0.0, 0.5)]
    public double LabelSmoothing { get; init; }

    /// <summary>Adds uniform noise between 0 and this value to the discriminator's targets. The default is 0.</summary>
    [Range(0.0, 0.5)]
    public double LabelNoise { get; init; }

    /// <summary>
    /// Decay of the exponential moving average of the generator, which generates the samples. 0 disables averaging. The default is 0.999.
    /// </summary>
    [Range(0.0, 0.99999)]
    public double EmaDecay { get; init; } = 0.999;

    /// <summary>
    /// Number of workers that train the run at the same time, each on its share of every batch; <see cref="BatchSize"/> must be a multiple of it and
    /// have at least two pictures for each. After <see cref="RoundSteps"/> their networks are averaged. The default is 1.
    /// </summary>
    [Range(1, MaxWorkers)]
    public int Workers { get; init; } = 1;

    /// <summary>
    /// Maximum number of steps that each of several workers trains before their networks are averaged. A round has at most a quarter of the steps
    /// before it, but at least 25, and ends with its epoch. Shorter rounds follow a run on one worker more closely, and spend more of the time on
    /// averaging. The default is 500. A run on one worker ignores it.
    /// </summary>
    [Range(1, 100_000)]
    public int RoundSteps { get; init; } = 500;

    /// <summary>Logs the losses every N steps. The default is 50.</summary>
    [Range(1, 100_000)]
    public int LogEvery { get; init; } = 50;

    /// <summary>Precision of the convolutions. The default is <c>auto</c>.</summary>
    public Precision Precision { get; init; } = Precision.Auto;

    /// <summary>
    /// Number of training threads. The default is null: one per processor of the worker that trains the first slice, which then holds for
    /// the whole run.
    /// </summary>
    [Range(1, 256)]
    public int? Threads { get; init; }

    /// <summary>
    /// A training activity commits and returns after this number of seconds, in the middle of an epoch if necessary. Its time limit is ten
    /// minutes (host.json), the maximum that every Azure plan allows; the difference leaves time to load and commit. The default is 240.
    /// </summary>
    [Range(1, 480)]
    public int MaxSliceSeconds { get; init; } = 240;

    /// <summary>
    /// Number of pictures that are generated and measured at the end of an epoch, at least 100; 0 disables the measurement. The Fréchet
    /// distance decreases with this number, so only distances with the same number are comparable. The default is 2000, or 0 if the data
    /// set is too small to be measured.
    /// </summary>
    [Range(0, 10_000)]
    public int QualitySamples { get; init; } = 2000;

    /// <summary>
    /// Measures the pictures after every N-th epoch, and after the last one. The default is 1, or for a data set of fewer pictures than
    /// <see cref="QualitySamples"/> as many epochs as it takes to train on that number: measuring would otherwise take longer than training.
    /// </summary>
    [Range(1, MaxEpochs)]
    public int QualityEvery { get; init; } = 1;

    /// <summary>
    /// Completes the run early after this many measured epochs in a row without a lower Fréchet distance. The default is null: the run trains
    /// all epochs.
    /// </summary>
    [Range(1, 99_999)]
    public int? Patience { get; init; }

    /// <summary>
    /// Completes the run when its training has been billed for this number of minutes, in the middle of an epoch if necessary. The default is
    /// null: no limit.
    /// </summary>
    [Range(0.01, 10_000_000.0)]
    public double? MaxMinutes { get; init; }

    /// <summary>
    /// Completes the run when its training has cost this amount, in the currency of the settings <c>Costs</c>. The default is null: no limit.
    /// </summary>
    [Range(0.0001, 1_000_000.0)]
    public double? MaxCost { get; init; }

    /// <summary>
    /// Number of training states to keep of the last commits, and as many of the last completed epochs. A run resumes from them if the newest
    /// one is damaged, or after a rollback. The default is 2.
    /// </summary>
    [Range(1, 99_999)]
    public int KeepTraining { get; init; } = 2;

    /// <summary>
    /// Number of completed epochs, the newest ones, whose generators are kept, in addition to those of the best epoch and of the checkpoints that
    /// <see cref="KeepTraining"/> keeps. Others are deleted; sample grids and losses stay. The default is null: the generators of all completed
    /// epochs are kept.
    /// </summary>
    [Range(1, 99_999)]
    public int? KeepGenerators { get; init; }

    /// <summary>
    /// Reaction to a NaN or infinite loss, a saturated discriminator, or pictures that collapse to one class. The default is <c>fail</c>.
    /// </summary>
    public DivergencePolicy OnDivergence { get; init; } = DivergencePolicy.Fail;

    /// <summary>Maximum number of rollbacks; the run fails when it diverges once more. The default is 3.</summary>
    [Range(1, 100)]
    public int MaxRollBacks { get; init; } = 3;

    /// <summary>Whether the discriminator sees augmented pictures.</summary>
    [JsonIgnore]
    public bool IsAugmented => AugmentColor || AugmentTranslation || AugmentCutout;

    /// <summary>Whether the pictures of an epoch are measured.</summary>
    /// <param name="epoch">The epoch.</param>
    /// <param name="last">The last epoch of the run.</param>
    public bool IsMeasured(int epoch, int last) => QualitySamples > 0 && (epoch % QualityEvery == 0 || epoch >= last);

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
