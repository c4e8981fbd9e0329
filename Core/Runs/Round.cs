using GanFunctions.Core.Checkpoints;
using GanFunctions.Core.Training;

namespace GanFunctions.Core.Runs;

/// <summary>The rounds in which several workers train a run.</summary>
public static class Round
{
    // The mean of networks that have trained apart for too long from their first weights is useless; the longer they have trained together, the longer
    // they can train apart. On MNIST a first round of 468 steps led to a Fréchet distance nine times that of rounds of 100 steps.
    private const int MinSteps = 25;
    private const int ShareOfSteps = 4;

    /// <summary>
    /// The last step of the round that begins at a position: at most <see cref="TrainingOptions.RoundSteps"/> later, after a quarter of the steps before it,
    /// and in the same epoch.
    /// </summary>
    public static int EndOf(TrainingCursor start, TrainingOptions options)
    {
        var before = (start.Epoch - 1L) * start.StepsPerEpoch + start.Step;
        var length = Math.Min(Math.Max(before / ShareOfSteps, MinSteps), options.RoundSteps);
        return (int)Math.Min(start.Step + length, start.StepsPerEpoch);
    }
}
