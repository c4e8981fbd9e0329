using GanFunctions.Core.Training;



namespace GanFunctions.Core.Runs;

/// <summary>Where a training is.</summary>
/// <param name="Attempt">Roll-backs so far.</param>
/// <param name="Epoch">The epoch in training, from 1.</param>
/// <param name="Step">Steps of it done.</param>
/// <param name="StepsPerEpoch">Steps in an epoch.</param>
/// <param name="ImagesPerSecond">Real pictures per second in this slice so far; NaN before the first step.</param>
/// <param name="Losses">The last step's.</param>
public sealed record TrainingProgress(
    int Attempt, int Epoch, int Step, int StepsPerEpoch, double ImagesPerSecond, StepLosses Losses);
