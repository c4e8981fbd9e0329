using System.Diagnostics;
using static TorchSharp.torch;

namespace GanFunctions.Core.Training;

/// <summary>Precision of the convolutions in training.</summary>
public enum Precision
{
    /// <summary>
    /// Measures both on the processor that trains the first slice, and selects <c>bf16</c> if it is at least 1.2 times as fast as <c>fp32</c>.
    /// The choice holds for the whole run.
    /// </summary>
    Auto,

    /// <summary>32-bit floating point throughout.</summary>
    Fp32,

    /// <summary>Convolutions in bfloat16; weights, normalisation statistics, losses and optimisers in float32.</summary>
    Bf16,
}

/// <summary>Resolves <see cref="Precision.Auto"/>, and converts precisions to names and to torch's types.</summary>
public static class Precisions
{
    private const double MinimumSpeedup = 1.2; // below this, the accuracy of float32 is worth more than the speed
    private const int Rounds = 20;

    /// <summary>The name of a precision, as stored in checkpoints.</summary>
    public static string NameOf(Precision precision) => precision.ToString().ToLowerInvariant();

    /// <summary>Parses the name of a precision from a checkpoint; null if this version does not support it.</summary>
    public static Precision? Parse(string name) => Enum.TryParse<Precision>(name, ignoreCase: true, out var precision) ? precision : null;

    /// <summary>The data type of the convolutions.</summary>
    public static ScalarType TypeOf(Precision precision) => precision == Precision.Bf16 ? ScalarType.BFloat16 : ScalarType.Float32;

    /// <summary>
    /// Resolves <see cref="Precision.Auto"/> by measuring this processor, which takes a tenth of a second. Other precisions are returned
    /// unchanged.
    /// </summary>
    public static Precision Resolve(Precision precision)
    {
        if (precision != Precision.Auto) return precision;
        var threads = get_num_threads();
        set_num_threads(1); // on a busy machine, several threads would spend most of the measurement waiting for each other
        try
        {
            return TimeOf(ScalarType.Float32) > MinimumSpeedup * TimeOf(ScalarType.BFloat16) ? Precision.Bf16 : Precision.Fp32;
        }
        finally
        {
            set_num_threads(threads);
        }
    }

    /// <summary>The time of the fastest of many convolutions; even on a busy machine, some of them run undisturbed.</summary>
    private static TimeSpan TimeOf(ScalarType type)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var (pictures, weight) = (zeros([8, 64, 14, 14], type), zeros([128, 64, 5, 5], type));
        var best = TimeSpan.MaxValue;
        for (var round = 0; round < Rounds; round++)
        {
            var begun = Stopwatch.GetTimestamp();
            nn.functional.conv2d(pictures, weight, strides: [2, 2], padding: [2, 2]).Dispose();
            var took = Stopwatch.GetElapsedTime(begun);
            if (took < best) best = took;
        }
        return best;
    }
}
