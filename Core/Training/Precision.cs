using System.Diagnostics;
using static TorchSharp.torch;

namespace GanFunctions.Core.Training;

/// <summary>What the convolutions of a training calculate in.</summary>
public enum Precision
{
    /// <summary>The faster of the other two on the processor that trains the first slice; the whole run keeps to it.</summary>
    Auto,

    /// <summary>32-bit floating point throughout.</summary>
    Fp32,

    /// <summary>Convolutions in bfloat16; weights, normalisation statistics, losses and optimisers in float32.</summary>
    Bf16,
}

/// <summary>Resolves <see cref="Precision.Auto"/>, and converts precisions to names and to torch's types.</summary>
public static class Precisions
{
    private const double MinimumSpeedup = 1.2; // below that, the digits of float32 are worth more than the speed
    private const int Rounds = 20;

    /// <summary>The name of a precision in a checkpoint.</summary>
    public static string NameOf(Precision precision) => precision.ToString().ToLowerInvariant();

    /// <summary>The precision of a name in a checkpoint; null if this version does not know it.</summary>
    public static Precision? Parse(string name) => Enum.TryParse<Precision>(name, ignoreCase: true, out var precision) ? precision : null;

    /// <summary>The data type of the convolutions.</summary>
    public static ScalarType TypeOf(Precision precision) => precision == Precision.Bf16 ? ScalarType.BFloat16 : ScalarType.Float32;

    /// <summary>Takes a precision as it is, or measures which one this processor is made for, in a tenth of a second.</summary>
    public static Precision Resolve(Precision wanted)
    {
        if (wanted != Precision.Auto) return wanted;
        var threads = get_num_threads();
        set_num_threads(1); // several wait for each other, and on a busy machine the waiting would be all that is measured
        try
        {
            return TimeOf(ScalarType.Float32) > MinimumSpeedup * TimeOf(ScalarType.BFloat16) ? Precision.Bf16 : Precision.Fp32;
        }
        finally
        {
            set_num_threads(threads);
        }
    }

    /// <summary>The fastest of many convolutions: whatever else the machine does, some of them it lets pass.</summary>
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
