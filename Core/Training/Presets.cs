using GanFunctions.Core.Model;



namespace GanFunctions.Core.Training;

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
