using GanFunctions.Core.Checkpoints;
using GanFunctions.Core.Training;




namespace GanFunctions.Functions.Checkpoints;

/// <summary>How a generator was trained.</summary>
/// <param name="Preset">The recipe.</param>
/// <param name="Epochs">Up to this checkpoint; a fraction where it was made in mid-epoch.</param>
/// <param name="Steps">Up to this checkpoint.</param>
/// <param name="Pictures">Real ones seen, counting each time.</param>
/// <param name="Precision">Arithmetic of the convolutions.</param>
/// <param name="RollBacks">Times that the training went back after it had diverged.</param>
/// <param name="Options">All options of the run, as it resolved them.</param>
public sealed record CardTraining(Preset Preset, double Epochs, long Steps, long Pictures, string Precision, int RollBacks, TrainingOptions Options)
{
    internal static CardTraining Of(TrainingOptions options, Manifest manifest)
    {
        var steps = (long)(manifest.Epoch - 1) * manifest.StepsPerEpoch + manifest.Step;
        return new(
            options.Preset, Math.Round((double)steps / manifest.StepsPerEpoch, 3), steps, steps * options.BatchSize, manifest.Precision, manifest.Attempt,
            options);
    }
}
