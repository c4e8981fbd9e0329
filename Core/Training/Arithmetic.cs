using System.Diagnostics;
using TorchSharp;
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

/// <summary>Settles <see cref="Precision.Auto"/>, and turns precisions into torch's types.</summary>
public static class Arithmetic
{
    private const double WorthIt = 1.2; // times as fast; for less, float32's digits are the better bargain
    private const int Rounds = 5;

    /// <summary>The type that convolutions calculate in.</summary>
    public static ScalarType TypeOf(Precision precision) => precision == Precision.Bf16 ? ScalarType.BFloat16 : ScalarType.Float32;

    /// <summary>Takes a precision as it is, or measures which one this processor is made for: a tenth of a second, on the calling thread's threads.</summary>
    public static Precision Resolve(Precision wanted)
    {
        if (wanted != Precision.Auto) return wanted;
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var contenders = new[] { ScalarType.Float32, ScalarType.BFloat16 }
            .Select(type => (Picture: zeros([64, 64, 14, 14], type), Weight: zeros([128, 64, 5, 5], type), Best: TimeSpan.MaxValue)).ToArray();
        for (var round = 0; round <= Rounds; round++) // in turns; the first, which also prepares the kernels, is soon beaten
        {
            foreach (ref var contender in contenders.AsSpan())
            {
                var begun = Stopwatch.GetTimestamp();
                nn.functional.conv2d(contender.Picture, contender.Weight, strides: [2, 2], padding: [2, 2]).Dispose();
                var took = Stopwatch.GetElapsedTime(begun);
                if (took < contender.Best) contender.Best = took;
            }
        }
        return contenders[0].Best > WorthIt * contenders[1].Best ? Precision.Bf16 : Precision.Fp32;
    }
}
