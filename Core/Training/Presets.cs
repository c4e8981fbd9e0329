using GanFunctions.Core.Model;

namespace GanFunctions.Core.Training;

/// <summary>Reaction to the divergence of a run.</summary>
public enum DivergencePolicy
{
    /// <summary>The run fails and states the reason. Its checkpoints are kept.</summary>
    Fail,

    /// <summary>The run returns to the last completed epoch and continues with half the learning rate and other random numbers.</summary>
    RollBack,
}

/// <summary>A training step together with the defaults of the other options.</summary>
public enum Preset
{
    /// <summary>DCGAN with an R1 gradient penalty, which allows a high learning rate. The default of earlier versions for pictures of 28x28.</summary>
    Dcgan,

    /// <summary>The training loop as the tutorial published it; a baseline for comparison.</summary>
    Tutorial,

    /// <summary>
    /// Smaller networks, with the relativistic loss and the gradient penalties of R3GAN (Huang et al. 2024, arXiv:2501.05441). Recommended.
    /// </summary>
    Compact,
}

/// <summary>The loss of both networks.</summary>
public enum GanLoss
{
    /// <summary>Each picture counts on its own: the non-saturating loss of Goodfellow et al. 2014 (arXiv:1406.2661).</summary>
    NonSaturating,

    /// <summary>
    /// Each real picture is compared with a generated one (Jolicoeur-Martineau 2018, arXiv:1807.00734), so that a generator that ignores some
    /// kinds of pictures is not at rest. <c>labelSmoothing</c> and <c>labelNoise</c> have no effect.
    /// </summary>
    Relativistic,
}

/// <summary>The option values of each preset. A preset lists only the values that differ from <see cref="TrainingOptions"/>' own.</summary>
public static class Presets
{
    /// <summary>The preset of runs that state none.</summary>
    public const Preset Default = Preset.Compact;

    /// <summary>The networks of a preset.</summary>
    public static NetworkFamily NetworksOf(Preset preset) => preset == Preset.Compact ? NetworkFamily.Compact : NetworkFamily.Dcgan;

    /// <summary>The options of a preset.</summary>
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
        Preset.Compact => new TrainingOptions
        {
            Preset = Preset.Compact,
            BatchSize = 64,
            LearningRate = 1e-3,
            LearningRateDecay = 0.1, // in epochs of 60,000 pictures
            Beta1 = 0,
            Weights = WeightScheme.He,
            HiddenUnits = 256,
            EvenKernels = true,
            Loss = GanLoss.Relativistic,
            GradientPenalty = 1,
            GeneratedGradientPenalty = 1,
            GradientPenaltyEvery = 4,
        },
        _ => throw new ArgumentOutOfRangeException(nameof(preset), preset, "There is no such preset."),
    };
}
