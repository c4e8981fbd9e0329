using System.Globalization;
using GanFunctions.Core.Runs;

namespace GanFunctions.Functions.Checkpoints;

/// <summary>When there will be a checkpoint.</summary>
internal static class NextEpoch
{
    private const int Unknown = 15; // seconds

    /// <summary>Seconds until the epoch in training ends, as <c>Retry-After</c> has it.</summary>
    public static string SecondsUntil(RunRow row)
    {
        var stepsLeft = Math.Max(row.StepsPerEpoch - row.Step, 1);
        var seconds = row.ImagesPerSecond is > 0 ? stepsLeft * row.Options.BatchSize / row.ImagesPerSecond.Value : Unknown;
        return Math.Clamp((int)seconds, 1, 300).ToString(CultureInfo.InvariantCulture);
    }
}
